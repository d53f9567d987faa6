// npm run golden -- NAME: writes test/golden/NAME.json, a journal of the present version and what callers are shown after
// it. Written once for a version and never again: that a later version still reads it is what the test holds us to.
import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { isRefusal } from '../src/zone/commands.ts';
import { replayZone } from '../src/zone/replay.ts';
import { shownAfter, type GoldenRecord } from '../test/golden/shown.ts';
import { ZoneWorld } from '../test/world/zone-world.ts';
import { heartbeatInput, invocationInput, serviceInput } from '../test/zone/inputs.ts';

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
  execute('invocation.complete', { id, status, error, metadata: { by: 'worker' } });
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
const records = await recordsOf();
const { live, ended } = await replayZone('z1', world.store);
const golden = { zone: 'z1', live, ended, ...(await shownAfter(records)), records };
const filepath = `test/golden/${name}.json`;
await writeFile(filepath, await format(JSON.stringify(golden), { ...(await resolveConfig(filepath)), filepath }));
await world.zones.drain();
