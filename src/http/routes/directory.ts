// The routes of a zone's directory, for the operator alone: four per kind of thing that can be registered.
import type { Static, TSchema } from 'typebox';
import { parseInstant } from '../../clock.ts';
import { listOf, type AnswerSchema } from '../../schemas/answers.ts';
import { Application, Resource, SubjectSession } from '../../schemas/answers-directory.ts';
import { Ending } from '../../schemas/answers-sessions.ts';
import { ApplicationBody, ResourceBody, SubjectSessionBody } from '../../schemas/directory.ts';
import { PageQuery } from '../../schemas/primitives.ts';
import { DryRunQuery } from '../../schemas/session.ts';
import type { DirectoryFacts, DirectoryTable } from '../../zone/directory.ts';
import { rowTag } from '../../zone/entity-tags.ts';
import { command, query, type Parts, type Route } from '../route.ts';
import { directoryView } from '../views/directory.ts';
import { pageView } from '../views/pages.ts';
import { endingView } from '../views/sessions.ts';
import { pageOf } from './page.ts';

const THINGS: Readonly<Record<DirectoryTable, string>> = {
  application: 'an application',
  'subject-session': 'a subject session',
  resource: 'a resource',
};

const rowsOf = <Table extends DirectoryTable, Body extends TSchema>(
  table: Table,
  { body, answer }: { readonly body: Body; readonly answer: AnswerSchema },
  factsOf: (body: Static<Body>) => DirectoryFacts[Table],
): Route[] => {
  const thing = THINGS[table];
  const all = `/zones/:zoneId/${table}s`;
  const one = `${all}/:id`;
  return [
    command({
      operationId: `register${answer.title}`,
      summary: `Register ${thing}, or register it again`,
      method: 'PUT',
      path: one,
      command: 'directory.register',
      body,
      answers: { 200: answer },
      refusals: table === 'resource' ? ['directory_limit_exceeded'] : ['clock_disputed', 'directory_limit_exceeded'],
      operator: 'only',
      input: (parts: Parts<Static<Body>, unknown>) => ({ table, name: parts.id, facts: factsOf(parts.body) }),
      // Its answer has no tag: a client would take that for the tag of the bytes it sent (RFC 9110, section 9.3.4).
      answer: ({ name, row }, zone) => ({ status: 200, body: directoryView(zone, name, row) }),
    }),
    query({
      operationId: `get${answer.title}`,
      summary: `Look at ${thing} of the directory`,
      method: 'GET',
      path: one,
      ask: 'directory.get',
      answers: { 200: answer },
      refusals: ['directory_entry_not_found'],
      operator: 'only',
      input: ({ id }) => ({ table, name: id }),
      view: ({ record, row }, zone) => directoryView(zone, record.id, row),
      tag: ({ row }) => rowTag(row),
    }),
    query({
      operationId: `list${answer.title}s`,
      summary: `List what is registered, ${thing} a row`,
      method: 'GET',
      path: all,
      ask: 'directory.list',
      order: 'name',
      query: PageQuery,
      answers: { 200: listOf(answer) },
      refusals: [],
      operator: 'only',
      input: (parts) => ({ table, ...pageOf(parts) }),
      view: (page, zone) => pageView(page, ({ record, row }) => directoryView(zone, record.id, row)),
    }),
    command({
      operationId: `archive${answer.title}`,
      summary: `Archive ${thing}, and end what stands on it`,
      method: 'DELETE',
      path: one,
      command: 'directory.archive',
      query: DryRunQuery,
      answers: { 204: null, 200: Ending },
      refusals: ['directory_entry_not_found'],
      operator: 'only',
      input: ({ id }) => ({ table, name: id }),
      answer: (done) => (done.dryRun ? { status: 200, body: endingView(done) } : { status: 204 }),
      tag: ({ row }) => rowTag(row),
    }),
  ];
};

export const directoryRoutes: readonly Route[] = [
  ...rowsOf(
    'application',
    { body: ApplicationBody, answer: Application },
    ({ registration_method: registrationMethod, expires_at: expiresAt }) => ({
      registrationMethod,
      expiresAt: parseInstant(expiresAt ?? ''),
    }),
  ),
  ...rowsOf(
    'subject-session',
    { body: SubjectSessionBody, answer: SubjectSession },
    ({ session_type: sessionType, expires_at: expiresAt }) => ({
      sessionType,
      expiresAt: parseInstant(expiresAt) ?? 0,
    }),
  ),
  ...rowsOf(
    'resource',
    { body: ResourceBody, answer: Resource },
    ({ identifier, application_id: applicationId, scopes }) => ({
      identifier,
      applicationId,
      scopes,
    }),
  ),
];
