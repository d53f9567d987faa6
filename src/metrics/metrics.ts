// What the coordinator says of itself in figures: names and units by Prometheus' conventions. What happens is counted as it
// happens; what is, is looked at when somebody asks. No label has a value that callers choose.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Feed } from '../feed.ts';
import type { JournalEngine } from '../journal/journal.ts';
import type { ProcessTime } from '../time/process-time.ts';
import type { Zones } from '../zone/zones.ts';
import { observeLoad, type LoadFigures } from './load-metrics.ts';
import { observeClock } from './clock-metrics.ts';
import { Instruments, PREFIX } from './instruments.ts';
import { countInvocations, observeInvocations } from './invocation-metrics.ts';

const MS_PER_SECOND = 1000;

/** From a read in memory to a slow disk, seconds. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const ENTRIES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/** What is looked at when somebody asks. */
export interface Observed {
  readonly zones: Zones;
  readonly feed: Feed;
  readonly journal: JournalEngine;
  readonly clock: ProcessTime;
  /** Null where nothing goes to Redis. */
  readonly sink: SinkFigures | null;
  readonly load: LoadFigures;
  /** Null if lines are not counted. */
  readonly log: LogFigures | null;
}

export interface LogFigures {
  /** Since the start. */
  readonly droppedLines: number;
}

export interface SinkFigures {
  readonly isConnected: boolean;
  readonly lag: number;
  /** The same; null until Redis was asked about every zone since the start. */
  readonly pending: number | null;
  readonly messages: number;
  readonly failures: number;
}

export interface AnsweredRequest {
  /** The template of the route; `none` where there was none. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
  /** The code of the refusal, where it was one. */
  readonly refusal: string | undefined;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #instruments = new Instruments(this.#registry);
  readonly #requests = new Histogram({
    name: `${PREFIX}http_request_duration_seconds`,
    help: 'Requests by route template, method and status.',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers: [this.#registry],
  });
  readonly #refusals = new Counter({
    name: `${PREFIX}refusals_total`,
    help: 'Refusals by code.',
    labelNames: ['code'],
    registers: [this.#registry],
  });
  readonly #commits = new Histogram({
    name: `${PREFIX}journal_commit_duration_seconds`,
    help: 'How long a batch of entries took to be stored.',
    buckets: SECONDS,
    registers: [this.#registry],
  });
  readonly #batches = new Histogram({
    name: `${PREFIX}journal_batch_entries`,
    help: 'Entries that were stored together.',
    buckets: ENTRIES,
    registers: [this.#registry],
  });

  #zones: Zones | null = null;
  #sink: SinkFigures | null = null;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Looks at these from now on, whenever somebody asks. */
  observe({ zones, feed, journal, clock, sink, load, log }: Observed): void {
    this.#zones = zones;
    this.#sink = sink;
    observeLoad(this.#instruments, load);
    observeClock(this.#instruments, clock);
    this.#instruments.gauge('zones_awake', 'Zones in memory.', () => zones.awake);
    this.#instruments.gauge('zones_faulted', 'Zones that are stopped; /ready says why.', () => zones.faulted().length);
    this.#instruments.gauge(
      'zones_read_only',
      'Read-only zones: they answer queries and refuse commands that add work or authority.',
      () => zones.readOnly,
    );
    this.#instruments.gauge(
      'journal_read_only',
      '1 while the journal accepts no additions; /ready shows the reason.',
      () => Number(journal.condition().access !== 'everything'),
    );
    this.#instruments.gauge('journal_unwritable', '1 while the journal cannot be written at all.', () =>
      Number(['reads', 'nothing'].includes(journal.condition().access)),
    );
    this.#instruments.gauge(
      'zones_damaged',
      'Zones that serve although some of their stored data is damaged; /ready lists the damage.',
      () => zones.damage.zones().length,
    );
    this.#instruments.counter(
      'scrub_bytes_total',
      'Bytes read by the background check of stored data.',
      () => zones.scrub.figures.bytes,
    );
    this.#instruments.counter(
      'scrub_passes_total',
      'Completed passes of the background check of stored data.',
      () => zones.scrub.figures.passes,
    );
    this.#instruments.counter(
      'damage_findings_total',
      'Damage found below checkpoints, each once.',
      () => zones.damage.count,
    );
    this.#instruments.gauge('deadlines_waiting', 'Things that are due some time, over all zones in memory.', () =>
      total(zones, ({ due }) => due),
    );
    this.#instruments.gauge(
      'checkpoint_lag_entries',
      'Entries that no checkpoint holds yet: the most of any zone.',
      () => Math.max(0, ...Array.from(zones.figures(), ({ lag }) => lag)),
    );
    this.#instruments.gauge('journal_queue_entries', 'Entries that wait for the disk.', () => journal.queued);
    this.#instruments.gauge('event_subscribers', 'Readers of event streams.', () => feed.followers);
    this.#observeActors(zones);
    observeInvocations(this.#registry, zones);
    this.#instruments.counter(
      'events_published_total',
      'Messages about zones that somebody follows.',
      () => feed.published,
    );
    this.#instruments.counter(
      'events_delivered_total',
      'Events that readers of streams were given.',
      () => feed.delivered,
    );
    this.#observeSink(sink);
    this.#instruments.counter(
      'log_lines_dropped_total',
      'Log lines dropped because the log was not read fast enough.',
      () => log?.droppedLines ?? 0,
    );
  }

  committed(entries: number, ms: number): void {
    this.#commits.observe(ms / MS_PER_SECOND);
    this.#batches.observe(entries);
  }

  answered({ route, method, status, seconds, refusal }: AnsweredRequest): void {
    this.#requests.observe({ route, method, status }, seconds);
    if (refusal !== undefined) this.#refusals.inc({ code: refusal });
  }

  /** Prometheus' text format, version 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Its media type. */
  get textType(): string {
    return this.#registry.contentType;
  }

  /**
   * The same figures as plain data: by name, each value with its labels. In addition, the live invocations by status
   * and the entries that wait to be published.
   */
  async figures(): Promise<Readonly<Record<string, object>>> {
    const metrics = await this.#registry.getMetricsAsJSON();
    return {
      invocations: countInvocations(this.#zones?.figures() ?? []),
      // An entry is tried again until it is published, so none is ever given up.
      outbox: { pending: this.#sink === null ? 0 : this.#sink.pending, dead: 0 },
      ...Object.fromEntries(metrics.map(({ name, values }) => [name, values])),
    };
  }

  #observeActors(zones: Zones): void {
    this.#registry.registerMetric(
      new Gauge({
        name: `${PREFIX}actors`,
        help: 'Live actors in memory by machine and state.',
        labelNames: ['machine', 'state'],
        registers: [],
        collect() {
          this.reset();
          for (const { states } of zones.figures())
            for (const { kind, state, count } of states) this.inc({ machine: kind, state }, count);
        },
      }),
    );
  }

  #observeSink(sink: SinkFigures | null): void {
    this.#instruments.gauge('sink_connected', '1 while the streams in Redis can be written; 0 where none are.', () =>
      Number(sink?.isConnected ?? false),
    );
    this.#instruments.gauge(
      'sink_lag_entries',
      'Entries that the streams have yet to be told of, over the zones known to be behind.',
      () => sink?.lag ?? 0,
    );
    this.#instruments.counter('sink_messages_total', 'Messages appended to streams.', () => sink?.messages ?? 0);
    this.#instruments.counter(
      'sink_failures_total',
      'Times that Redis or a zone could not be asked; each is tried again.',
      () => sink?.failures ?? 0,
    );
  }
}

const total = (zones: Zones, of: (figures: { readonly due: number; readonly lag: number }) => number): number => {
  let sum = 0;
  for (const figures of zones.figures()) sum += of(figures);
  return sum;
};
