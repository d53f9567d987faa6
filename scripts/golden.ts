// npm run golden -- NAME: writes test/golden/NAME.json, a journal of the present version and what callers are shown after
// it. Written once for a version and never again: that a later version still reads it is what the test holds us to.
import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import type { BearerCaller, Caller } from '../src/authority/caller.ts';
import type { DirectoryFacts, DirectoryTable } from '../src/zone/directory.ts';
import { isRefusal } from '../src/zone/commands.ts';
import { replayZone } from '../src/zone/waking/replay.ts';
import { shownAfter, type GoldenRecord } from '../test/golden/shown.ts';
import { OWNER, startInput, ZoneWorld } from '../test/world/zone-world.ts';
import { edgeInput, heartbeatInput, invocationInput, serviceInput } from '../test/zone/inputs.ts';

const [name] = process.argv.slice(2);
if (name === undefined || !/^[a-z0-9-]+$/.test(name)) throw new Error('Say what to call it: npm run golden -- NAME');

const world = new ZoneWorld({ contents: new Map() });

// What is refused here would be missing from the file.
const execute: typeof world.execute = async (...command) => {
  const reply = await world.execute(...command);
  if (isRefusal(reply.answer)) throw new Error(`${command[0]}: ${reply.answer.code}`);
  return reply;
};
const start = async (...fields: Parameters<typeof world.start>): Promise<void> => {
  const { answer } = await world.start(...fields);
  if (isRefusal(answer)) throw new Error(`start: ${answer.code}`);
};
const SERVICE = { lifecycle: 'service', ttlSeconds: null } as const;

const sessions = async (): Promise<void> => {
  await start({ id: 's-1', ...SERVICE, labels: ['root', 'ünïcode'], metadata: { a: [1, { b: null }] } }, 'key-1');
  await start({ id: 's-2', parentId: 's-1', ttlSeconds: 60 });
  await start({ id: 's-3', parentId: 's-2', ttlSeconds: 3_600 });
  await start({ id: 's-4', parentId: 's-1' }, 'key-4');
  await execute('session.suspend', { id: 's-2' });
  await execute('session.suspend', { id: 's-1' });
  await execute('session.resume', { id: 's-1' });
  world.clock.advance(60_000);
  await execute('session.terminate', { id: 's-4', reason: 'budget spent' });
  await execute('session.suspend', { id: 's-1' });
};

/** One of each kind of contact, a lease that is taken over, one that is lost with a child below, one that is resumed. */
const services = async (): Promise<void> => {
  await start({ id: 's-host', ...SERVICE }, 'key-host');
  await start({ id: 's-task', parentId: 's-host', ttlSeconds: 86_400 });
  await start({ id: 's-lost', ...SERVICE });
  await start({ id: 's-below', parentId: 's-lost', ttlSeconds: 86_400 });
  await start({ id: 's-back', ...SERVICE });
  const framework = { frameworkName: 'crew', frameworkVersion: '1.2', capabilities: ['summarise'] };
  const first = serviceInput({ id: 'sv-1', ...framework, metadata: { region: 'eu', load: 0 } });
  await execute('service.register', first, { key: 'key-service' });
  await execute('service.register', { ...first, id: 'sv-none', protocolVersions: ['1', '2'] });
  await execute('service.register', serviceInput({ id: 'sv-silent' }));
  await execute('service.register', serviceInput({ id: 'sv-2' }));
  const beat = heartbeatInput({ id: 's-host', serviceId: 'sv-1', metadata: { load: 3 } });
  await execute('session.heartbeat', beat);
  await execute('session.heartbeat', { ...beat, serviceId: 'sv-2', health: 'unhealthy', metadata: {} });
  await execute('session.take-lease', { id: 's-host' });
  world.clock.advance(60_000);
  await execute('session.heartbeat', { ...beat, health: 'degraded', leaseGeneration: 2 });
  world.clock.advance(1_000);
  await execute('session.heartbeat', { ...beat, health: 'degraded' });
  world.clock.advance(59_000);
  await execute('session.heartbeat', { ...beat, health: 'degraded' });
  await execute('session.resume', { id: 's-back' });
};

const invocation = (fields: Parameters<typeof invocationInput>[0]) =>
  execute('invocation.create', invocationInput(fields), { key: `key-${fields.id}` });
const running = async (fields: Parameters<typeof invocationInput>[0]): Promise<void> => {
  await invocation(fields);
  await execute('invocation.start', { id: fields.id });
};
const complete = (id: string, status: 'succeeded' | 'failed', error: { readonly code: string } | null = null) =>
  execute('invocation.complete', { id, status, attempt: null, error, metadata: { by: 'worker' } });
const cancel = (id: string) => execute('invocation.cancel', { id, reason: 'no longer wanted' });

/** One in every state, by every way that leads there. */
const invocations = async (): Promise<void> => {
  await invocation({ id: 'i-queued', params: { text: 'ünïcode' }, metadata: { tries: [] } });
  await running({ id: 'i-executing', timeoutMs: 900_000, sourceSessionId: 's-host' });
  await running({ id: 'i-failed-again', attemptsMax: 2, backoffMs: 5_000 });
  await complete('i-failed-again', 'failed', { code: 'busy' });
  await running({ id: 'i-retried', metadata: { first: true } });
  await complete('i-retried', 'failed', { code: 'busy' });
  await execute('invocation.start', { id: 'i-retried' });
  await complete('i-retried', 'succeeded');
  await running({ id: 'i-failed', attemptsMax: 1 });
  await complete('i-failed', 'failed', { code: 'broken' });
  await invocation({ id: 'i-cancelled', metadata: { kept: true } });
  await cancel('i-cancelled');
  await running({ id: 'i-cancelling', timeoutMs: 900_000 });
  await cancel('i-cancelling');
  for (const status of ['succeeded', 'failed'] as const) {
    await running({ id: `i-cancelling-${status}` });
    await cancel(`i-cancelling-${status}`);
    await complete(`i-cancelling-${status}`, status);
  }
  await running({ id: 'i-cancelling-overran', timeoutMs: 2_000 });
  await cancel('i-cancelling-overran');
  await running({ id: 'i-overran', timeoutMs: 3_000 });
  await running({ id: 'i-timed-out', timeoutMs: 3_000, attemptsMax: 1 });
  await invocation({ id: 'i-of-task', targetSessionId: 's-task' });
  await running({ id: 'i-from-task', sourceSessionId: 's-task', timeoutMs: 900_000 });
  world.clock.advance(3_000);
  await execute('session.terminate', { id: 's-task', reason: 'done' });
};

/** Somebody who may hand on whatever there is, to and from other applications too. */
const ELEVATED: Caller = {
  ...(OWNER as BearerCaller),
  scopes: new Set(['coordinator.admin', ...['app-b', 'app-c'].map((app) => `coordinator.spawn_for:${app}`)]),
};
const delegate = async (...fields: Parameters<typeof edgeInput>): Promise<void> => {
  await execute('edge.create', edgeInput(...fields), { caller: ELEVATED });
};
const startAll = async (...ids: string[]): Promise<void> => {
  for (const id of ids) await start({ id, ttlSeconds: 86_400 });
};

/** Edges that stand, of every kind: a root, one that narrows it, one that a child inherits, one over whatever there is. */
const delegations = async (): Promise<void> => {
  await startAll('d-root', 'd-agent', 'd-tool', 'd-broad');
  const bounds = { resources: ['files', 'mail'], max_hops: 4, ttl_seconds: 3_600, budget: 5 };
  const wide = { id: 'e-root', scopes: ['read', 'write'], constraints: bounds, resourceId: 'files', ttlSeconds: null };
  const input = edgeInput({ ...wide, sourceSessionId: 'd-root', targetSessionId: 'd-agent' });
  await execute('edge.create', input, { key: 'key-edge' });
  const narrow = { resources: ['files'], max_depth: 2, ttl_seconds: 600, budget: 1 };
  const below = { parentEdgeId: 'e-root', constraints: narrow, resourceId: null, ttlSeconds: null };
  await delegate({ id: 'e-narrow', ...below, sourceSessionId: 'd-agent', targetSessionId: 'd-tool' });
  await start({ id: 'd-child', parentId: 'd-agent' }, 'key-child');
  const reason = { broad_reason: 'incident ünïcode' };
  const broad = { resourceId: null, constraints: reason, expiresAt: world.clock.now() + 7_200_500, ttlSeconds: null };
  await delegate({ id: 'e-broad', ...broad, sourceSessionId: 'd-root', targetSessionId: 'd-broad' });
};

/** Edges that lapse: revoked with all downstream, with a session that ended or ran out, or when their instant came. */
const lapses = async (): Promise<void> => {
  await startAll('r-1', 'r-2', 'r-3', 'r-4', 'r-5', 't-1', 't-2', 'x-1', 'x-2', 'x-3');
  await start({ id: 'x-short', ttlSeconds: 2 });
  const hops = { max_hops: 3 };
  await delegate({ id: 'e-r12', sourceSessionId: 'r-1', targetSessionId: 'r-2', constraints: hops });
  await delegate({ id: 'e-r23', sourceSessionId: 'r-2', targetSessionId: 'r-3', constraints: { max_hops: 1 } });
  await start({ id: 'r-below', parentId: 'r-2', parentAuthority: 'none' });
  await delegate({ id: 'e-beside', sourceSessionId: 'r-4', targetSessionId: 'r-below' });
  await delegate({ id: 'e-other', sourceSessionId: 'r-5', targetSessionId: 'r-1' });
  await invocation({ id: 'i-r-below', sourceSessionId: 'r-below' });
  await execute('edge.revoke', { id: 'e-r12' });
  await delegate({ id: 'e-ended', sourceSessionId: 't-1', targetSessionId: 't-2' });
  await execute('session.terminate', { id: 't-1', reason: 'done' });
  await delegate({
    id: 'e-expiring',
    sourceSessionId: 'x-1',
    targetSessionId: 'x-2',
    constraints: hops,
    ttlSeconds: 2,
  });
  const sooner = { constraints: { max_hops: 2 }, ttlSeconds: 1 };
  await delegate({ id: 'e-sooner', ...sooner, sourceSessionId: 'x-2', targetSessionId: 'x-3' });
  await delegate({ id: 'e-short', sourceSessionId: 'x-1', targetSessionId: 'x-short' });
  world.clock.advance(2_000);
};

const register = async <T extends DirectoryTable>(table: T, name: string, facts: DirectoryFacts[T]): Promise<void> => {
  await execute('directory.register', { table, name, facts }, { caller: { kind: 'operator' } });
};
const archive = async (table: DirectoryTable, name: string): Promise<void> => {
  await execute('directory.archive', { table, name }, { caller: { kind: 'operator' } });
};

/** Rows put, put again, removed and lapsed, with sessions that stand on them and edges that these hold. */
const directory = async (): Promise<void> => {
  const soon = world.clock.now() + 5_000;
  await register('application', 'app-b', { registrationMethod: 'managed', expiresAt: null });
  await register('application', 'app-c', { registrationMethod: 'dcr', expiresAt: soon });
  await register('application', 'app-stays', { registrationMethod: 'managed', expiresAt: soon + 86_400_000 });
  await register('subject-session', 'user-9', { sessionType: 'user', expiresAt: soon });
  await register('subject-session', 'user-job', { sessionType: 'application', expiresAt: soon + 60_000 });
  for (const scopes of [['read'], ['read', 'write']])
    await register('resource', 'res-1', { identifier: 'urn:ünïcode', applicationId: 'app-a', scopes });
  await register('resource', 'res-2', { identifier: 'calendar', applicationId: 'app-b', scopes: [] });
  const other = { lifecycle: 'service', ttlSeconds: null } as const;
  await execute('session.start', startInput({ id: 'b-1', applicationId: 'app-b', ...other }), { caller: ELEVATED });
  await execute('session.start', startInput({ id: 'b-2', applicationId: 'app-b', parentId: 'b-1' }), {
    caller: ELEVATED,
  });
  await execute('session.start', startInput({ id: 'c-1', applicationId: 'app-c' }), { caller: ELEVATED });
  await start({ id: 'u-1', subjectSessionId: 'user-9' });
  await start({ id: 'u-below', parentId: 'u-1' });
  const toB = { receiverApplicationId: 'app-b', resourceId: 'res-1', scopes: ['write'] };
  await delegate({ id: 'e-to-b', ...toB, sourceSessionId: 'd-root', targetSessionId: 'b-1', ttlSeconds: 60 });
  const toU = { sourceSessionId: 'd-root', targetSessionId: 'u-1' };
  await delegate({ id: 'e-to-u', ...toU });
  await archive('application', 'app-b');
  await archive('resource', 'res-2');
  world.clock.advance(5_000);
  await register('application', 'app-b', { registrationMethod: 'dcr', expiresAt: null });
};

/**
 * What both generations of clients send: any parameters, keys of commands, generations of leases, several edges to
 * choose from.
 */
const generations = async (): Promise<void> => {
  const parameters: readonly unknown[] = [null, [1, { a: null }], 'text', 7, false];
  for (const [index, params] of parameters.entries())
    await execute('invocation.create', invocationInput({ id: `i-any-${index}`, serviceId: 'sv-1', params }), {
      key: `any-${index}`,
    });
  await start({ id: 'g-service', lifecycle: 'service', ttlSeconds: null });
  for (const id of ['g-1', 'g-2', 'g-3', 'g-4']) await start({ id });
  const hops = { constraints: { max_hops: 3 } };
  await delegate({ id: 'e-first', sourceSessionId: 'g-1', targetSessionId: 'g-3', ...hops });
  await delegate({ id: 'e-second', sourceSessionId: 'g-2', targetSessionId: 'g-3', ...hops });
  const narrower = { constraints: { max_hops: 1 } };
  const onward = { sourceSessionId: 'g-3', targetSessionId: 'g-4', parentEdgeId: 'e-second', ...narrower };
  await delegate({ id: 'e-onward', ...onward });
  await execute('edge.revoke', { id: 'e-first' }, { key: 'revoke-1' });
  const fenced = { id: 'g-service', reason: 'done', leaseGeneration: 1 };
  await execute('session.terminate', fenced, { key: 'end-1' });
};

const recordsOf = async (): Promise<GoldenRecord[]> => {
  const records: GoldenRecord[] = [];
  for await (const { data, body } of world.store.journal.read('z1', 1)) {
    records.push({ data: data.toString(), body: body && body.toString() });
  }
  return records;
};

await sessions();
await services();
// Another process: leases begin anew there.
await world.zones.drain();
world.open();
await invocations();
await delegations();
await lapses();
await world.zones.drain();
world.open();
await directory();
await generations();
const records = await recordsOf();
const { live, ended } = await replayZone('z1', world.store);
const golden = { zone: 'z1', live, ended, ...(await shownAfter(records)), records };
const filepath = `test/golden/${name}.json`;
await writeFile(filepath, await format(JSON.stringify(golden), { ...(await resolveConfig(filepath)), filepath }));
await world.zones.drain();
