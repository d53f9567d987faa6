// What this machine can do at best: requests through an empty Koa route, and synced LevelDB batches of an entry's bytes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLevelStore } from '../src/journal/level/level-store.ts';
import { Connection, load } from './client.ts';
import { startProcess } from './server.ts';
import type { Row } from './table.ts';

export interface Limits {
  /** Requests through an empty route at 64 connections, per second. */
  readonly emptyRoute: number;
  /** Appends of 512 bytes by 64 appenders, each waiting for its own, per second. */
  readonly appends: number;
  readonly rows: readonly Row[];
}

const ENTRY_BYTES = 512;
const REQUESTS = 40_000;
const APPENDS = 40_000;
const APPENDERS = 64;

export const measureLimits = async (): Promise<Limits> => {
  const emptyRoute = await emptyRouteRate();
  const appends = await appendRate();
  const rows: Row[] = [
    { what: 'an empty Koa route, 64 connections', figure: emptyRoute, unit: '/s' },
    { what: `LevelDB, synced batches of ${ENTRY_BYTES}-byte entries, 64 appenders`, figure: appends, unit: '/s' },
  ];
  return { emptyRoute, appends, rows };
};

const emptyRouteRate = async (): Promise<number> => {
  const { port, stop } = await startProcess(['--import', 'tsx', 'bench/empty-koa.ts'], {});
  const connections = await Promise.all(Array.from({ length: APPENDERS }, () => Connection.open(port, 'none')));
  const next = () => ({ method: 'GET', path: '/empty' });
  await load(connections, REQUESTS / 4, next, 200);
  const { perSecond } = await load(connections, REQUESTS, next, 200);
  for (const connection of connections) connection.close();
  await stop();
  return perSecond;
};

const appendRate = async (): Promise<number> => {
  const dir = await mkdtemp(join(tmpdir(), 'coordinator-bench-'));
  const store = await openLevelStore({ dir });
  const writer = await store.journal.open('z1', { atLeast: 0 });
  const data = Buffer.alloc(ENTRY_BYTES, 'x');
  const startedAt = performance.now();
  const appender = async () => {
    while (writer.next <= APPENDS) await writer.append({ seq: writer.next, data, body: null });
  };
  await Promise.all(Array.from({ length: APPENDERS }, appender));
  const seconds = (performance.now() - startedAt) / 1000;
  await store.close();
  await rm(dir, { recursive: true });
  return APPENDS / seconds;
};
