// The routes of a zone's directory, for the operator alone: four per kind of thing that can be registered.
import type { Static, TSchema } from 'typebox';
import { parseInstant } from '../../clock.ts';
import { ApplicationBody, ResourceBody, SubjectSessionBody } from '../../schemas/directory.ts';
import { PageQuery } from '../../schemas/primitives.ts';
import { DryRunQuery } from '../../schemas/session.ts';
import type { DirectoryFacts, DirectoryTable } from '../../zone/directory.ts';
import { command, query, type Parts, type Route } from '../route.ts';
import { directoryView } from '../views/directory.ts';
import { pageView } from '../views/pages.ts';
import { endingView } from '../views/sessions.ts';
import { pageOf } from './page.ts';

const rowsOf = <Table extends DirectoryTable, Body extends TSchema>(
  table: Table,
  body: Body,
  factsOf: (body: Static<Body>) => DirectoryFacts[Table],
): Route[] => {
  const all = `/zones/:zoneId/${table}s`;
  const one = `${all}/:id`;
  return [
    command({
      method: 'PUT',
      path: one,
      command: 'directory.register',
      body,
      operator: 'only',
      input: (parts: Parts<Static<Body>, unknown>) => ({ table, name: parts.id, facts: factsOf(parts.body) }),
      answer: ({ name, row }, zone) => ({ status: 200, body: directoryView(zone, name, row) }),
    }),
    query({
      method: 'GET',
      path: one,
      ask: 'directory.get',
      operator: 'only',
      input: ({ id }) => ({ table, name: id }),
      view: ({ record, row }, zone) => directoryView(zone, record.id, row),
    }),
    query({
      method: 'GET',
      path: all,
      ask: 'directory.list',
      query: PageQuery,
      operator: 'only',
      input: (parts) => ({ table, ...pageOf(parts) }),
      view: (page, zone) => pageView(page, ({ record, row }) => directoryView(zone, record.id, row)),
    }),
    command({
      method: 'DELETE',
      path: one,
      command: 'directory.archive',
      query: DryRunQuery,
      operator: 'only',
      input: ({ id }) => ({ table, name: id }),
      answer: (done) => (done.dryRun ? { status: 200, body: endingView(done) } : { status: 204 }),
    }),
  ];
};

export const directoryRoutes: readonly Route[] = [
  ...rowsOf('application', ApplicationBody, ({ registration_method: registrationMethod, expires_at: expiresAt }) => ({
    registrationMethod,
    expiresAt: parseInstant(expiresAt ?? ''),
  })),
  ...rowsOf('subject-session', SubjectSessionBody, ({ session_type: sessionType, expires_at: expiresAt }) => ({
    sessionType,
    expiresAt: parseInstant(expiresAt) ?? 0,
  })),
  ...rowsOf('resource', ResourceBody, ({ identifier, application_id: applicationId, scopes }) => ({
    identifier,
    applicationId,
    scopes,
  })),
];
