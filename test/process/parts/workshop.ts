// Workers in several zones over many lives of the server: what it is asked after each start, and what each of its lives left
// in the journal, which is read from a copy so that the next start finds everything as the kill left it.
import { cp, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../../src/clock.ts';
import { decodeEntry, sha256 } from '../../../src/journal/entry.ts';
import { openLevelStore } from '../../../src/journal/level/level-store.ts';
import type { Store } from '../../../src/journal/journal.ts';
import type { ZoneEntry, ZoneEvent } from '../../../src/zone/events.ts';
import type { Notice } from '../../../src/zone/messages/notices.ts';
import { replayZone } from '../../../src/zone/waking/replay.ts';
import { Random } from './random.ts';
import { Connection, mintToken, type Answered, type ServerProcess } from './server.ts';
import { Timeline, type Life } from './timeline.ts';
import { Worker } from './worker.ts';

const POLL_MS = 20;
const WAIT_MS_MAX = 10_000;

type Item = Readonly<Record<string, unknown>>;

interface Zone {
  readonly name: string;
  readonly token: string;
  readonly silent: Set<string>;
  readonly timeline: Timeline;
  readonly authored: Map<string, ZoneEntry>;
  readonly workers: Worker[];
  /** Hash of the last entry that was read. */
  hash: string | undefined;
  wokeAt: number | null;
}

export class Workshop {
  readonly zones: readonly Zone[];
  /** Sessions that were found active with a full lease, and keys that were repeated, after a start. */
  readonly found = { active: 0, repeated: 0 };

  private constructor(zones: readonly Zone[]) {
    this.zones = zones;
  }

  static async found(dataDir: string, size: { zones: number; workersPerZone: number }, seed: number) {
    const zones = await Promise.all(
      Array.from({ length: size.zones }, async (_, place): Promise<Zone> => {
        const name = `zone-${place}`;
        const silent = new Set<string>();
        const workers: Worker[] = [];
        for (let index = 0; index < size.workersPerZone; index += 1) {
          const application = `app-${place}-${index}`;
          const identity = { zone: name, application, token: await mintToken(dataDir, name, application) };
          workers.push(new Worker(identity, new Random(seed + place * size.workersPerZone + index), silent));
        }
        const token = await mintToken(dataDir, name, 'looker');
        const rest = { authored: new Map(), hash: undefined, wokeAt: null };
        return { name, token, silent, timeline: new Timeline(silent), workers, ...rest };
      }),
    );
    return new Workshop(zones);
  }

  get acknowledged(): number {
    return this.#workers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  get #workers(): Worker[] {
    return this.zones.flatMap(({ workers }) => workers);
  }

  settleIn(server: ServerProcess): Promise<void> {
    return this.#each(server, (worker, connection) => worker.settleIn(connection));
  }

  startSilent(server: ServerProcess): Promise<void> {
    return this.#each(server, (worker, connection) => worker.startSilent(connection));
  }

  /** Lets everybody work until the connections break; `enough` is called once, at the given number of answers. */
  async work(server: ServerProcess, answers: number, enough: () => void): Promise<void> {
    let left = answers;
    const onAnswer = () => {
      left -= 1;
      if (left === 0) enough();
    };
    await this.#each(server, (worker, connection) => worker.work(connection, onAnswer));
    if (left > 0) throw new Error(`the load ended ${left} answers early`);
  }

  /** Who held a lease when the process died is active, with a whole one from the wake on; unless so much time has passed. */
  async checkLeases(
    server: ServerProcess,
    { launchedAt, leaseMs }: Pick<Life, 'launchedAt' | 'leaseMs'>,
  ): Promise<void> {
    for (const zone of this.zones) {
      const items = (await listOf(server, zone, 'agents', 'lifecycle=service')).filter(({ agent_session_id: id }) =>
        zone.timeline.leases.has(String(id)),
      );
      if (systemClock.now() >= launchedAt + leaseMs) continue;
      const statuses = new Set(items.map(({ status }) => status));
      expect([...statuses], `sessions of ${zone.name} after a start`).to.deep.equal(items.length > 0 ? ['active'] : []);
      const untils = new Set(items.map(({ heartbeat_deadline_at: until }) => until));
      expect(untils.size, 'ends of leases that began together').to.be.at.most(1);
      for (const until of untils) zone.wokeAt = Date.parse(String(until)) - leaseMs;
      if (zone.wokeAt !== null) expect(zone.wokeAt).to.be.within(launchedAt, systemClock.now());
      this.found.active += items.length;
    }
  }

  /** Repeats the keys of the last so many creations of everybody, and some older ones. */
  async repeatKeys(server: ServerProcess, most: number): Promise<void> {
    await Promise.all(
      this.zones.map(({ workers, authored }) =>
        eachOf(workers, server, async (worker, connection) => {
          this.found.repeated += await worker.repeatKeys(connection, authored, most);
        }),
      ),
    );
  }

  /** Waits until everybody who is silent was suspended. */
  async silentSuspended(server: ServerProcess): Promise<void> {
    for (const zone of this.zones) {
      await soon(async () => {
        const items = await listOf(server, zone, 'agents', 'lifecycle=service&status=active');
        return items.every(({ agent_session_id: id }) => !zone.silent.has(String(id)));
      });
    }
  }

  /** Waits until nothing runs and no task lives. */
  async quiet(server: ServerProcess): Promise<void> {
    for (const zone of this.zones) {
      for (const [what, filter] of WITH_DEADLINES) {
        await soon(async () => (await listOf(server, zone, what, filter)).length === 0);
      }
    }
  }

  /** Everything shows as it must be after what the journal tells. */
  async checkStatuses(server: ServerProcess): Promise<void> {
    for (const zone of this.zones) {
      const items = await listOf(server, zone, 'invocations', '');
      const shown = items.map(({ id, status, attempts }) => [String(id), status, attempts] as const);
      const told = Array.from(zone.timeline.calls, ([id, { status, attempts }]) => [id, status, attempts] as const);
      expect(shown.toSorted(byId)).to.deep.equal(told.toSorted(byId));
    }
  }

  /** Reads what a life of the process, which has ended, added to the journal, and checks it. */
  async readJournal(dataDir: string, life: Omit<Life, 'wokeAt'>): Promise<void> {
    await inCopy(dataDir, async (store) => {
      for (const zone of this.zones) {
        const entries = await entriesAfter(store, zone);
        for (const entry of entries) if (entry.by) this.#author(zone, entry.by.requestId, entry);
        zone.timeline.add(entries, { ...life, wokeAt: zone.wokeAt });
        zone.wokeAt = null;
        for (const worker of zone.workers) worker.checkJournal(zone.authored);
      }
    });
  }

  async checkReplay(dataDir: string): Promise<void> {
    await inCopy(dataDir, async (store) => {
      for (const { name } of this.zones) expect((await replayZone(name, store)).divergence).to.equal(null);
    });
  }

  counts(): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const { timeline } of this.zones) {
      for (const [name, count] of Object.entries(timeline.counts)) sums[name] = (sums[name] ?? 0) + count;
    }
    return { acknowledged: this.acknowledged, ...sums, ...this.found };
  }

  #author({ authored }: Zone, requestId: string, entry: ZoneEntry): void {
    expect(authored.has(requestId), `two entries of request ${requestId}`).to.equal(false);
    authored.set(requestId, entry);
  }

  #each(server: ServerProcess, work: (worker: Worker, connection: Connection) => Promise<void>): Promise<void> {
    return eachOf(this.#workers, server, work);
  }
}

const WITH_DEADLINES = [
  ['invocations', 'status=running'],
  ['invocations', 'status=cancel_requested'],
  ['agents', 'lifecycle=task&status=active'],
] as const;

const eachOf = async (
  workers: readonly Worker[],
  server: ServerProcess,
  work: (worker: Worker, connection: Connection) => Promise<void>,
): Promise<void> => {
  const connections = workers.map(() => new Connection(server.url));
  try {
    await Promise.all(workers.map((worker, index) => work(worker, connections[index] as Connection)));
  } finally {
    for (const connection of connections) connection.close();
  }
};

const byId = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number => (a < b ? -1 : 1);

const entriesAfter = async ({ journal }: Store, zone: Zone): Promise<ZoneEntry[]> => {
  const entries: ZoneEntry[] = [];
  const { name, timeline } = zone;
  if ((await journal.head(name)) === timeline.seq) return entries;
  for await (const { seq, data } of journal.read(name, timeline.seq + 1)) {
    entries.push(decodeEntry<ZoneEvent, Notice>(data, { zone: name, seq, ...(zone.hash && { prev: zone.hash }) }));
    zone.hash = sha256(data);
  }
  return entries;
};

/** Looks at what a killed process left, in a copy, so that the next start finds it untouched. */
export const inCopy = async (dataDir: string, look: (store: Store) => Promise<void>): Promise<void> => {
  const dir = `${dataDir}-copy`;
  await cp(dataDir, dir, { recursive: true });
  const store = await openLevelStore({ dir, create: false });
  try {
    await look(store);
  } finally {
    await store.close();
    await rm(dir, { recursive: true });
  }
};

const listOf = async (server: ServerProcess, { name, token }: Zone, what: string, filter: string): Promise<Item[]> => {
  const items: Item[] = [];
  const connection = new Connection(server.url);
  let cursor: string | null = '';
  while (cursor !== null) {
    const from = cursor === '' ? '' : `&cursor=${cursor}`;
    const path = `/zones/${name}/${what}?limit=500&${filter}${from}`;
    const { status, body }: Answered = await connection.call('GET', path, { token });
    expect(status, `${path}: ${JSON.stringify(body)}`).to.equal(200);
    items.push(...(body?.['items'] as Item[]));
    cursor = body?.['next_cursor'] as string | null;
  }
  connection.close();
  return items;
};

const soon = async (isSo: () => Promise<boolean>): Promise<void> => {
  const until = systemClock.now() + WAIT_MS_MAX;
  while (!(await isSo())) {
    if (systemClock.now() > until) throw new Error('it did not come to be so');
    await pause(POLL_MS);
  }
};
