// A coordinator beside a Redis of its own, and what is asked of the two: what is told, how far, and whether it is what the
// readers of the event stream are told.
import { expect } from 'chai';
import { TOPICS } from '../../src/zone/messages/messages.ts';
import { Callers } from '../http/callers.ts';
import { EventReader } from '../http/event-reader.ts';
import { until } from '../process/parts/server.ts';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { needRedis, RedisServer, type Fields } from './redis-server.ts';

export class StreamsWorld {
  readonly redis: RedisServer;
  #world: World | null = null;

  private constructor(redis: RedisServer) {
    this.redis = redis;
  }

  /** Redis runs; the coordinator has yet to begin. */
  static async create(): Promise<StreamsWorld> {
    return new StreamsWorld(await RedisServer.start());
  }

  async begin(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#world = await World.create({ REDIS_URL: this.redis.url, ...environment });
  }

  async destroy(): Promise<void> {
    await this.#world?.destroy();
    await this.redis.destroy();
  }

  get world(): World {
    if (!this.#world) throw new Error('the coordinator has yet to begin');
    return this.#world;
  }

  async headOf(zone = 'z1'): Promise<string> {
    const path = `/zones/${zone}/agents?limit=1`;
    const { headers } = await this.world.call('GET', path, undefined, { token: OPERATOR_TOKEN });
    return headers.get('coordinator-seq') ?? '';
  }

  /** Resolves once Redis was told everything there is. */
  async toldAll(zone = 'z1'): Promise<void> {
    const head = await this.headOf(zone);
    await until(
      () => this.redis.cursor(zone),
      (cursor) => cursor === head,
    );
  }

  async figure(name: string): Promise<number> {
    const { text } = await this.world.call('GET', '/metrics', undefined, { token: OPERATOR_TOKEN });
    return Number(new RegExp(`^coordinator_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  async outbox(): Promise<unknown> {
    return (await this.world.call('GET', '/stats', undefined, { token: OPERATOR_TOKEN })).body['outbox'];
  }

  figureIs(name: string, value: number): Promise<number> {
    return until(
      () => this.figure(name),
      (seen) => seen === value,
    );
  }

  /** Resolves once something could not be told. */
  async failed(): Promise<void> {
    await until(
      () => this.figure('sink_failures_total'),
      (failures) => failures > 0,
    );
  }

  /** Something of every topic. */
  async live(): Promise<void> {
    const { world } = this;
    const callers = new Callers(world);
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    const other = await world.session({ subject_session_id: 'user-2' });
    await callers.delegate(other, child);
    const service = await callers.service();
    const invocation = await callers.invocation({ service_id: service, source_session_id: child });
    await callers.move(invocation, 'start');
    await world.call('PATCH', `/zones/z1/agents/${root}/suspend`);
    await world.call('PATCH', `/zones/z1/agents/${root}/resume`);
    await world.call('DELETE', `/zones/z1/agents/${other}`);
    await world.call('DELETE', `/zones/z1/agents/${root}`);
  }

  /** Consumers have seen what the readers of the event stream have, each message once and in order. */
  async expectSameAsEvents(): Promise<void> {
    const events = await this.#events();
    await this.toldAll();
    const told = await this.redis.everything();
    for (const topic of TOPICS) expect(told[topic]?.map(payloadOf), topic).to.deep.equal(events[topic]);
    const ids = Object.values(told).flatMap((messages) => messages.map(({ outbox_id: id }) => id));
    expect(new Set(ids).size).to.equal(ids.length);
  }

  /** What the event stream tells of the zone from its beginning, by topic, in the fields of messages. */
  async #events(): Promise<Record<string, Fields[]>> {
    const reader = await EventReader.open(this.world.url, { token: OPERATOR_TOKEN, query: '?from=0' });
    const marker = await this.world.session({ labels: ['last'] });
    const seen = await reader.until((events) => events.some(({ data }) => data['agent_session_id'] === marker));
    reader.close();
    const byTopic = TOPICS.map((topic) => [
      topic,
      seen.filter((event) => event.topic === topic).map(({ data }) => fieldsOf(data)),
    ]);
    return Object.fromEntries(byTopic);
  }
}

const payloadOf = ({ outbox_id: _id, dedupe_key: _key, _sig, ...payload }: Fields): Fields => payload;

/** A payload of the event stream in the fields of a message. */
const fieldsOf = (data: Readonly<Record<string, unknown>>): Fields =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );

/** A suite over a coordinator and a Redis, both new for every test; skipped where there is no Redis. */
export const overStreams = (title: string, suite: (streams: () => StreamsWorld) => void): void => {
  describe(title, function () {
    this.timeout(60_000);
    let streams: StreamsWorld;
    before(function () {
      needRedis(this);
    });
    beforeEach(async () => {
      streams = await StreamsWorld.create();
    });
    afterEach(() => streams.destroy());
    suite(() => streams);
  });
};
