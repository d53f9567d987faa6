// Zones without HTTP: the real zone runtime on a store of the test's choice and a clock moved by hand. What a test needs to
// run thousands of command sequences a second, restarts and crashes included.
import { pino, type Logger } from 'pino';
import type { Caller } from '../../src/authority/caller.ts';
import { openMemoryStore, type MemoryContents, type MemoryStoreOptions } from '../../src/journal/memory-engine.ts';
import type { Condition, JournalLimits, Store } from '../../src/journal/journal.ts';
import type {
  Command,
  CommandAnswers,
  CommandInputs,
  CommandType,
  Query,
  QueryInputs,
  QueryType,
  Reply,
  SessionDone,
} from '../../src/zone/commands.ts';
import type { ProcessTime } from '../../src/time/process-time.ts';
import type { Conditions } from '../../src/zone/conditions.ts';
import type { Retention } from '../../src/zone/checkpoints/upkeep.ts';
import { Zones } from '../../src/zone/zones.ts';
import { HandClock } from './clock.ts';

export const ROOMY = {
  agentsPerZoneMax: 100_000,
  agentsPerAppMax: 100_000,
  agentChildrenMax: 1_000,
  agentDepthMax: 1_000,
  serviceLeaseSeconds: 120,
  idempotencyRetentionSeconds: 604_800,
  directory: 'open' as const,
  receiverConsent: 'required' as const,
};

const WHOLE: Condition = { access: 'everything', cause: null };
/** The condition of the store after its process was killed, so that a checkpoint in progress is never committed. */
const GONE: Condition = { access: 'nothing', cause: null };

/** The result of a write after its process was killed. */
const NEVER = new Promise<never>(() => {});

export const DAY_MS = 24 * 3_600_000;

export const RETENTION: Retention = {
  session: 90 * DAY_MS,
  invocation: 90 * DAY_MS,
  edge: 90 * DAY_MS,
  receipt: 7 * DAY_MS,
};

export const OWNER: Caller = {
  kind: 'bearer',
  zone: 'z1',
  applicationId: 'app-a',
  subject: 'tester',
  subjectSessionId: 'user-1',
  scopes: new Set(['agent:lifecycle']),
  agentSessionId: null,
  delegationEdgeId: null,
  issuedAt: null,
};

/** Whoever asks where it does not matter. */
export const ASK = { caller: OWNER, requestId: 'r-1', traceId: null };

type StartInput = CommandInputs['session.start'];

/** What starts an ordinary root task of an hour, but for the fields given. */
export const startInput = (fields: Partial<StartInput> & { readonly id: string }): StartInput => ({
  applicationId: 'app-a',
  subjectSessionId: null,
  parentId: null,
  lifecycle: 'task',
  labels: [],
  ttlSeconds: 3_600,
  metadata: {},
  parentAuthority: 'inherit',
  inheritParentEdgeId: null,
  edgeId: `${fields.id}-edge`,
  ...fields,
});

export interface ZoneWorldOptions {
  readonly contents?: MemoryContents;
  readonly checkpointEveryEntries?: number;
  /** See `MemoryStoreOptions`. */
  readonly disk?: NonNullable<MemoryStoreOptions['disk']>;
  readonly journalLimits?: Partial<JournalLimits>;
  /** What the store accepts; see `MemoryStoreOptions`. */
  readonly condition?: () => Condition;
  /** How long things stay readable, where it is not the usual time. */
  readonly retention?: Partial<Retention>;
  /** Records deleted in a minute because of their age. Default: the constant of the product. */
  readonly forgetPerMinuteMax?: number;
  /** A zone unused for so long leaves memory. */
  readonly idleMs?: number;
  readonly log?: Logger;
  /** What a process opens instead of a store in memory. */
  readonly openStore?: () => Store;
  /** The clock of each process, where it is not the one that is moved by hand. */
  readonly newClock?: () => ProcessTime;
}

export interface ExecuteOptions {
  readonly key?: string | null;
  readonly dryRun?: boolean;
  readonly caller?: Caller;
  readonly conditions?: Conditions | null;
}

export class ZoneWorld {
  readonly clock = new HandClock();
  readonly #contents: MemoryContents | undefined;
  readonly #checkpointEveryEntries: number;
  readonly #disk: NonNullable<MemoryStoreOptions['disk']>;
  readonly #journalLimits: Partial<JournalLimits>;
  readonly #condition: (() => Condition) | undefined;
  readonly #idleMs: number;
  readonly #forgetPerMinuteMax: number | undefined;
  readonly #log: Logger;
  readonly #openStore: (() => Store) | undefined;
  readonly #newClock: (() => ProcessTime) | undefined;
  #retention: Retention;
  #made = 0;
  /** A process that was killed does nothing more, whatever it was about to do. */
  #life = { over: false };
  store!: Store;
  zones!: Zones;

  constructor(options: ZoneWorldOptions = {}) {
    this.#contents = options.contents;
    this.#journalLimits = options.journalLimits ?? {};
    this.#condition = options.condition;
    this.#idleMs = options.idleMs ?? 300_000;
    this.#forgetPerMinuteMax = options.forgetPerMinuteMax;
    this.#openStore = options.openStore;
    this.#newClock = options.newClock;
    this.#log = options.log ?? pino({ level: 'silent' });
    this.#retention = { ...RETENTION, ...options.retention };
    this.#disk = options.disk ?? (() => Promise.resolve());
    this.#checkpointEveryEntries = options.checkpointEveryEntries ?? 1_000;
    this.open();
  }

  /** A new process on the same contents. Without a drain before, the old one was killed. */
  open({ retention = {} }: Pick<ZoneWorldOptions, 'retention'> = {}): void {
    this.#retention = { ...this.#retention, ...retention };
    this.clock.begin();
    this.#life.over = true;
    const life = { over: false };
    this.#life = life;
    this.store = this.#openStore?.() ?? this.#openInMemory(life);
    this.zones = new Zones({
      store: this.store,
      clock: this.#newClock?.() ?? this.clock.forProcess(life),
      log: this.#log,
      limits: { ...ROOMY, idempotencyRetentionSeconds: this.#retention.receipt / 1000 },
      retention: this.#retention,
      checkpointEveryEntries: this.#checkpointEveryEntries,
      idleMs: this.#idleMs,
      ...(this.#forgetPerMinuteMax === undefined ? {} : { forgetPerMinuteMax: this.#forgetPerMinuteMax }),
      feed: null,
      sink: null,
    });
  }

  /** Ids in rising order, the same in every run. */
  nextId(): string {
    this.#made += 1;
    return `s-${String(this.#made).padStart(6, '0')}`;
  }

  start(fields: Partial<StartInput> = {}, key: string | null = null): Promise<Reply<SessionDone>> {
    return this.execute('session.start', startInput({ id: this.nextId(), ...fields }), { key });
  }

  async execute<T extends CommandType>(
    type: T,
    input: CommandInputs[T],
    { key = null, dryRun = false, caller = OWNER, conditions = null }: ExecuteOptions = {},
  ): Promise<Reply<CommandAnswers[T]>> {
    const zone = await this.zones.get('z1');
    const command: Command<T> = { type, input, idempotencyKey: key, dryRun, conditions };
    return zone.execute(command, { caller, requestId: 'r-1', traceId: null });
  }

  async look<T extends QueryType>(type: T, input: QueryInputs[T], caller: Caller = OWNER) {
    const zone = await this.zones.get('z1');
    const query: Query<T> = { type, input };
    return zone.look(query, { caller, requestId: 'r-1', traceId: null });
  }

  #openInMemory(life: { readonly over: boolean }): Store {
    return openMemoryStore({
      contents: this.#contents ?? new Map(),
      disk: (batch) => (life.over ? NEVER : this.#disk(batch)),
      limits: this.#journalLimits,
      condition: () => (life.over ? GONE : (this.#condition?.() ?? WHOLE)),
    });
  }
}
