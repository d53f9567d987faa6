// npm run golden -- NAME: writes test/golden/NAME.json, a journal of the present version and what callers are shown after
// it. Written once for a version and never again: that a later version still reads it is what the test holds us to.
import { writeFile } from 'node:fs/promises';
import { replayZone } from '../src/zone/replay.ts';
import { shownOf } from '../test/golden/shown.ts';
import { ZoneWorld } from '../test/world/zone-world.ts';

const [name] = process.argv.slice(2);
if (name === undefined || !/^[a-z0-9-]+$/.test(name)) throw new Error('Say what to call it: npm run golden -- NAME');

const world = new ZoneWorld({ contents: new Map() });
const root = {
  id: 's-1',
  lifecycle: 'service',
  ttlSeconds: null,
  labels: ['root', 'ünïcode'],
  metadata: { a: [1, { b: null }] },
} as const;
await world.start(root, 'key-1');
await world.start({ id: 's-2', parentId: 's-1', ttlSeconds: 60 });
await world.start({ id: 's-3', parentId: 's-2', ttlSeconds: 3_600 });
await world.start({ id: 's-4', parentId: 's-1' }, 'key-4');
await world.execute('session.suspend', { id: 's-2' });
await world.execute('session.suspend', { id: 's-1' });
await world.execute('session.resume', { id: 's-1' });
world.clock.advance(60_000);
await world.execute('session.terminate', { id: 's-4', reason: 'budget spent' });
await world.execute('session.suspend', { id: 's-1' });

const records: object[] = [];
for await (const { data, body } of world.store.journal.read('z1', 1)) {
  records.push({ data: data.toString(), body: body && body.toString() });
}
const { live, ended } = await replayZone('z1', world.store);
const shown = await shownOf(world);
await writeFile(
  `test/golden/${name}.json`,
  `${JSON.stringify({ zone: 'z1', live, ended, shown, records }, null, 2)}\n`,
);
await world.zones.drain();
