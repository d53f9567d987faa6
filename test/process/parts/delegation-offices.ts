// Callers that hand authority on in several zones, over many lives of the server: what it shows after each start, and what
// each of its lives left in the journal.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../../src/clock.ts';
import { decodeEntry, sha256 } from '../../../src/journal/entry.ts';
import type { Store } from '../../../src/journal/journal.ts';
import type { ZoneEntry, ZoneEvent } from '../../../src/zone/events.ts';
import type { Notice } from '../../../src/zone/messages/notices.ts';
import { replayZone } from '../../../src/zone/waking/replay.ts';
import { DelegationsTold } from './delegations-told.ts';
import { Delegator, LASTS_MS, type Common } from './delegator.ts';
import { Random } from './random.ts';
import { Connection, mintToken, type ServerProcess } from './server.ts';
import { inCopy } from './workshop.ts';

interface Office {
  readonly common: Common;
  readonly delegators: readonly Delegator[];
  readonly told: DelegationsTold;
  readonly authored: Map<string, ZoneEntry>;
  /** Hash of the last entry that was read. */
  hash: string | undefined;
}

type Item = Readonly<Record<string, unknown>>;

/** Sessions whose edges are looked at one by one after a start. */
const SESSIONS_ASKED = 8;

export class DelegationOffices {
  readonly #offices: readonly Office[];
  readonly #random: Random;
  /** What was looked at after starts. */
  readonly found = { active: 0, lapsed: 0, repeated: 0 };

  private constructor(offices: readonly Office[], random: Random) {
    this.#offices = offices;
    this.#random = random;
  }

  static async found(dataDir: string, size: { zones: number; callers: number }, seed: number) {
    const founded = Array.from({ length: size.zones }, async (_, place): Promise<Office> => {
      const zone = `zone-${place}`;
      const application = `app-${place}`;
      const token = await mintToken(dataDir, zone, application);
      const common: Common = { zone, application, token, sessions: [], edges: [], epoch: 0 };
      const delegators = Array.from({ length: size.callers }, (__, index) => {
        return new Delegator(`caller-${place}-${index}`, common, new Random(seed + place * size.callers + index));
      });
      return { common, delegators, told: new DelegationsTold(), authored: new Map(), hash: undefined };
    });
    return new DelegationOffices(await Promise.all(founded), new Random(seed - 1));
  }

  /** Lets everybody work until the connections break; `enough` is called once, at the given number of answers. */
  async work(server: ServerProcess, answers: number, enough: () => void): Promise<void> {
    let left = answers;
    const onAnswer = () => {
      left -= 1;
      if (left === 0) enough();
    };
    await this.#each(server, (delegator, connection) => delegator.work(connection, onAnswer));
    if (left > 0) throw new Error(`the load ended ${left} answers early`);
  }

  /** Before anybody works: what is shown is what the journal tells, as far as its time has not come meanwhile. */
  async check(server: ServerProcess, keys: number): Promise<void> {
    const connection = new Connection(server.url);
    for (const office of this.#offices) {
      await this.#checkActive(connection, office);
      for (let asked = 0; asked < SESSIONS_ASKED; asked += 1) await this.#checkSession(connection, office);
    }
    connection.close();
    await this.#each(server, async (delegator, own, { authored, told }) => {
      const isActive = (id: string) => told.activeAt(systemClock.now()).has(id);
      this.found.repeated += await delegator.repeatKeys(own, authored, keys, isActive);
    });
  }

  /** Reads what a life of the process, which has ended, added to the journal, and checks it. */
  async readJournal(dataDir: string, life: { readonly launchedAt: number; readonly killedAt: number }): Promise<void> {
    await inCopy(dataDir, async (store) => {
      for (const office of this.#offices) {
        const entries = await entriesAfter(store, office);
        for (const entry of entries) if (entry.by) author(office, entry.by.requestId, entry);
        office.told.add(entries, life);
        for (const delegator of office.delegators) delegator.checkJournal(office.authored);
      }
    });
  }

  /** Waits, while the server is down, until the next short-lived edge has expired. */
  async untilNextLapse(): Promise<void> {
    const instants = this.#offices.flatMap(({ told }) => told.nextLapse ?? []);
    const leftMs = Math.min(...instants) - systemClock.now();
    if (leftMs <= LASTS_MS.most) await pause(Math.max(0, leftMs) + 1);
  }

  async checkReplay(dataDir: string): Promise<void> {
    await inCopy(dataDir, async (store) => {
      for (const { common } of this.#offices) expect((await replayZone(common.zone, store)).divergence).to.equal(null);
    });
  }

  counts(): Readonly<Record<string, number>> {
    const sums: Record<string, number> = { acknowledged: 0 };
    for (const { told, delegators } of this.#offices) {
      for (const [name, count] of Object.entries(told.counts)) sums[name] = (sums[name] ?? 0) + count;
      for (const { acknowledged } of delegators) sums['acknowledged'] = (sums['acknowledged'] ?? 0) + acknowledged;
    }
    return { ...sums, ...this.found };
  }

  async #checkActive(connection: Connection, { common, told }: Office): Promise<void> {
    const before = systemClock.now();
    const shown = await listOf(connection, common, 'delegations/active');
    const ids = shown.map(({ id }) => String(id));
    const after = systemClock.now();
    expect(new Set(ids).size, 'each once').to.equal(ids.length);
    expect([...told.activeAt(before)], 'what is shown was active').to.include.members(ids);
    expect(ids, 'what was active is shown').to.include.members([...told.activeAt(after)]);
    expect(circleOf(shown), 'a circle').to.deep.equal([]);
    this.found.active += ids.length;
  }

  async #checkSession(connection: Connection, { common, told }: Office): Promise<void> {
    const id = this.#random.of([...told.sessions.keys()]);
    if (id === undefined) return;
    const shown = await listOf(connection, common, `delegations/inbound/${id}`);
    const expected = [...told.edges].filter(([, { target }]) => target === id).map(([edge]) => edge);
    expect(shown.map((each) => String(each['id'])).toSorted()).to.deep.equal(expected.toSorted());
    for (const { id: edge, status, expires_at: expiresAt } of shown) {
      const known = told.edges.get(String(edge));
      expect(Date.parse(String(expiresAt)), String(edge)).to.equal(known?.expiresAt);
      const isDue = status === 'expired' && Number(known?.expiresAt) <= systemClock.now();
      if (known?.status !== 'active' || !isDue) expect(status, String(edge)).to.equal(known?.status);
      if (status !== 'active') this.found.lapsed += 1;
    }
    const path = `/zones/${common.zone}/agents/${id}/effective-authority`;
    const { body } = await connection.call('GET', path, { token: common.token });
    expect(body?.['graph_epoch'], 'the epoch').to.be.at.least(Math.max(common.epoch, told.epoch));
    common.epoch = Number(body?.['graph_epoch']);
  }

  async #each(
    server: ServerProcess,
    work: (delegator: Delegator, connection: Connection, office: Office) => Promise<void>,
  ): Promise<void> {
    const connections: Connection[] = [];
    const done = this.#offices.flatMap((office) =>
      office.delegators.map((delegator) => {
        const connection = new Connection(server.url);
        connections.push(connection);
        return work(delegator, connection, office);
      }),
    );
    try {
      await Promise.all(done);
    } finally {
      for (const connection of connections) connection.close();
    }
  }
}

const author = ({ authored }: Office, requestId: string, entry: ZoneEntry): void => {
  expect(authored.has(requestId), `two entries of request ${requestId}`).to.equal(false);
  authored.set(requestId, entry);
};

const entriesAfter = async ({ journal }: Store, office: Office): Promise<ZoneEntry[]> => {
  const { told, common } = office;
  const entries: ZoneEntry[] = [];
  if ((await journal.head(common.zone)) === told.seq) return entries;
  for await (const { seq, data } of journal.read(common.zone, told.seq + 1)) {
    const prev = office.hash === undefined ? {} : { prev: office.hash };
    entries.push(decodeEntry<ZoneEvent, Notice>(data, { zone: common.zone, seq, ...prev }));
    office.hash = sha256(data);
  }
  return entries;
};

const listOf = async (connection: Connection, { zone, token }: Common, path: string): Promise<Item[]> => {
  const items: Item[] = [];
  for (let cursor = ''; ;) {
    const answer = await connection.call('GET', `/zones/${zone}/${path}?limit=50${cursor}`, { token });
    expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).to.equal(200);
    items.push(...(answer.body?.['items'] as Item[]));
    const next = answer.body?.['next_cursor'];
    if (typeof next !== 'string') return items;
    cursor = `&cursor=${next}`;
  }
};

/** What is left of edges once those that lead to a dead end are taken away, again and again. */
const circleOf = (edges: readonly Item[]): readonly Item[] => {
  const sources = new Set(edges.map((each) => each['source_session_id']));
  const onward = edges.filter((each) => sources.has(each['target_session_id']));
  return onward.length === edges.length ? edges : circleOf(onward);
};
