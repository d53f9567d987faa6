// What no log may ever show: a secret is put into every field of every call of the document, into headers, query strings, keys
// and tokens, and nothing of it stands in anything that was logged at the most talkative level. Names of applications and ids
// are no secrets.
import { expect } from 'chai';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { decodeEntry } from '../../src/journal/entry.ts';
import { openLevelStore } from '../../src/journal/level/level-store.ts';
import { EXAMPLE } from '../../src/schemas/examples.ts';
import { Documented, type DocumentedOperation, type Json } from '../world/documented.ts';
import { LogLines } from '../world/log-lines.ts';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Stage, type Bearer } from './stage.ts';

const documented = new Documented(openApiDocument(true));

/** Looks like an address, a reason, a name and a key, so that many a field takes it. */
const SECRET = 'https://secret.example/';
const PLANTED = /secret/;
/** The beginning of every JWT (RFC 7519): `{"` in base64url. */
const TOKEN = /eyJ/;

/** What the audit is made of; everything else that a body may say is planted. */
const NAMES = new Set([
  ...['zone_id', 'application_id', 'issuer_application_id', 'receiver_application_id', 'service_id', 'parent_id'],
  ...['source_session_id', 'target_session_id', 'agent_session_id', 'parent_agent_session_id', 'delegation_edge_id'],
  ...['from_agent_session_id', 'to_agent_session_id'],
]);

const HEADERS = {
  cookie: `session=${SECRET}`,
  'idempotency-key': SECRET,
  'user-agent': SECRET,
  'last-event-id': SECRET,
  referer: SECRET,
  'if-none-match': `"${SECRET}"`,
  tracestate: 'vendor=secret',
  baggage: 'user=secret',
};

/** A value of a schema's kind that has a secret in it; undefined for what can hold none. */
const planted = (referred: Json): unknown => {
  const schema: Told = documented.resolved(referred);
  const [type] = [schema.type].flat();
  if (schema.anyOf) return schema.anyOf.map(planted).find((each) => each !== undefined);
  if (type === 'array') return [planted(schema.items ?? {})];
  if (type === 'object') return plantedObject(schema);
  return ['integer', 'number', 'boolean'].includes(type ?? '') ? undefined : SECRET;
};

interface Told extends Json {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Json[];
  readonly items?: Json;
  readonly properties?: Readonly<Record<string, Json>>;
}

const plantedObject = ({ properties = {} }: Told) => ({
  ...Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, planted(schema)])),
  secret: { password: SECRET, list: [SECRET, { token: SECRET }] },
});

/** The example of a body as it stands; with each field in turn a secret; and with all of them. */
const bodiesOf = ({ told }: DocumentedOperation): readonly (object | string | undefined)[] => {
  const content = told.requestBody?.content['application/json'];
  if (!content) return [undefined];
  const { example, schema } = content;
  const { properties = {} }: Told = documented.resolved(schema);
  const secrets = Object.entries(properties)
    .filter(([name]) => !NAMES.has(name))
    .map(([name, each]) => ({ [name]: planted(each) }));
  const variants = [{}, ...secrets, Object.assign({}, ...secrets) as object];
  return [...variants.map((each) => ({ ...example, ...each })), `{"metadata":"${SECRET}`, `"${SECRET}"`];
};

/** What has to happen before there is something to resume or complete. */
const BEFORE: Readonly<Record<string, string>> = {
  resumeSession: `agents/${EXAMPLE.session}/suspend`,
  completeInvocation: `invocations/${EXAMPLE.invocation}/start`,
};

/** What has to be in the query string before there is anything to look at. */
const QUERY: Readonly<Record<string, string>> = {
  getActorPath: `zone=z1&kind=session&id=${EXAMPLE.session}`,
};

/** Its answer has no end; here it is only refused, for a place that it was never at. */
const ENDLESS = new Set(['followZone']);

const idFor = (path: string): string => {
  if (/\/(?:heartbeat|lease)$/.test(path)) return EXAMPLE.worker;
  const [, kind = ''] = /([^/]+)\/\{id\}/.exec(path) ?? [];
  const ids: Readonly<Record<string, string>> = {
    agents: EXAMPLE.session,
    inbound: EXAMPLE.child,
    outbound: EXAMPLE.session,
    invocations: EXAMPLE.invocation,
    delegations: EXAMPLE.edge,
    '{sessionId}': EXAMPLE.edge,
    applications: EXAMPLE.application,
    'subject-sessions': EXAMPLE.subjectSession,
    resources: EXAMPLE.resource,
  };
  return ids[kind] ?? '';
};

describe('the log of a run through everything', function () {
  this.timeout(120_000);
  const log = new LogLines();
  let world: World;
  const accepted = new Set<string>();
  before(async () => {
    world = await World.create({ LOG_LEVEL: 'trace' }, log);
    for (const operation of documented.operations) await runThrough(operation);
    for (const authorization of [
      `Bearer ${SECRET}`,
      `Basic ${SECRET}`,
      SECRET,
      'Bearer eyJhbGciOiJub25lIn0.eyJzZWNyZXQiOjF9.',
    ]) {
      await world.call('GET', '/zones/z1/agents', undefined, { token: null, headers: { authorization } });
      await world.call('GET', '/metrics', undefined, { token: null, headers: { authorization } });
    }
    await world.raw(`GET /${SECRET} HTTP/9\r\nAuthorization: ${SECRET}\r\n\r\n`);
  });
  after(() => world.destroy());

  const runThrough = async (operation: DocumentedOperation): Promise<void> => {
    const { id, method, path, told } = operation;
    const [{ bearer } = { bearer: undefined }] = told.security;
    const opens: Bearer = told.security.length === 0 ? 'nobody' : bearer ? 'application' : 'operator';
    const target = path
      .replace('{zoneId}', EXAMPLE.zone)
      .replace('{sessionId}', EXAMPLE.child)
      .replace('{id}', idFor(path));
    for (const [index, body] of bodiesOf(operation).entries()) {
      const stage = await Stage.set(world);
      const first = BEFORE[id];
      if (first) await stage.send({ method: 'PATCH', path: `/zones/z1/${first}`, token: 'application' });
      const others: readonly Bearer[] = index === 0 ? ['elsewhere', 'nobody', 'application', { scope: 'secret' }] : [];
      for (const token of [...others, opens]) {
        for (const query of [
          `?${QUERY[id] ?? ''}`,
          `?reason=${SECRET}&cursor=${SECRET}&label=${SECRET}&secret=${SECRET}`,
        ]) {
          const { status } = await stage.send({ method, path: target + query, body, headers: HEADERS, token });
          if (status < 300) accepted.add(id);
        }
      }
    }
  };

  it('shows no secret and no token', () => {
    expect(log.lines.filter((line) => PLANTED.test(line) || TOKEN.test(line))).to.deep.equal([]);
    expect(log.lines.filter((line) => line.includes(OPERATOR_TOKEN))).to.deep.equal([]);
  });

  it('was one in which every call was accepted and refused, and in which much was said', () => {
    const lacking = documented.operations.filter(({ id }) => !accepted.has(id) && !ENDLESS.has(id)).map(({ id }) => id);
    expect(lacking).to.deep.equal([]);
    expect(log.lines.length).to.be.above(1_000);
    expect(log.lines.some((line) => line.includes(EXAMPLE.application))).to.equal(true);
    expect(new Set(log.audit.map((line) => line['audit']))).to.deep.equal(new Set(['accepted', 'refused']));
  });

  it('has a line of the audit for every entry of every journal, once, and for nothing else', async () => {
    await world.stop();
    const store = await openLevelStore({ dir: world.dir });
    try {
      const entries: string[] = [];
      for await (const zone of store.journal.zones()) {
        for await (const { seq, data } of store.journal.read(zone, 1)) {
          const { by } = decodeEntry(data, { zone, seq });
          entries.push([zone, seq, by?.requestId].join(' '));
        }
      }
      const told = log.audit
        .filter((line) => line['audit'] === 'accepted')
        .map(({ on, seq, requestId }) => [(on as Json)['zone'], seq, requestId].join(' '));
      expect(told.toSorted()).to.deep.equal(entries.toSorted());
    } finally {
      await store.close();
    }
  });
});
