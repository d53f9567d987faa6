// The whole coordinator, put together. The only file that chooses implementations; everything below takes what it needs.
import { tmpdir } from 'node:os';
import type { Logger } from 'pino';
import { Ages } from './auth/ages.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { createOwnIssuer } from './auth/own-issuer.ts';
import { matchSecret, operatorToken } from './auth/operator-token.ts';
import { RemoteKeys } from './auth/remote/remote-keys.ts';
import { createVerifier } from './auth/verifier.ts';
import type { Config } from './config/config.ts';
import { sharesOf, type DescriptorShares } from './config/descriptors.ts';
import { makePrivate } from './data-directory.ts';
import { Feed } from './feed.ts';
import { Gate } from './http/admission/gate.ts';
import { Turns } from './http/admission/turns.ts';
import { createHttpApp } from './http/http-app.ts';
import { Metrics, type LogFigures } from './metrics/metrics.ts';
import { listen } from './http/connection/listener.ts';
import { Hub } from './inspect/hub.ts';
import { Push } from './inspect/push.ts';
import { Tickets } from './inspect/tickets.ts';
import type { Ids } from './ids.ts';
import type { Store } from './journal/journal.ts';
import { openLevelStore } from './journal/level/level-store.ts';
import { CONNECTIONS_MAX, DRAIN_IDLE_MS } from './http/connection/limits.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import type { Sink } from './sink/sink.ts';
import type { ProcessTime } from './time/process-time.ts';
import { Zones } from './zone/zones.ts';

export interface Surroundings {
  readonly clock: ProcessTime;
  readonly ids: Ids;
  readonly log: Logger;
  /** Counts of log lines; absent without metrics. */
  readonly logOutput?: LogFigures;
  /** The limit of file descriptors of the process; null or absent where it is unknown. */
  readonly descriptorsMax?: number | null;
  /** How long idle connections stay open once a stop has begun, milliseconds. Default: the constant of the product. */
  readonly idleDrainMs?: number;
}

export interface Coordinator {
  readonly url: string;
  /** Takes no more work, finishes what is in flight, makes checkpoints, lets go of the data directory. */
  stop(): Promise<void>;
}

/**
 * Opens the data directory and listens.
 * Rejects with a `JournalError` (`LOCKED`, `CORRUPT`, `UNAVAILABLE`) or with an error whose sentence says why the address cannot be had.
 */
export const startCoordinator = async (config: Config, surroundings: Surroundings): Promise<Coordinator> => {
  const { log } = surroundings;
  const metrics = new Metrics();
  const shares = shareDescriptors(surroundings);
  await tightenDataDirectory(config, log);
  const store = await openLevelStore({
    dir: config.dataDir,
    maxOpenFiles: shares.journalFiles,
    reserveBytes: config.diskReserveMib * BYTES_PER_MIB,
    copyPlaces: [tmpdir(), SHARED_MEMORY],
    onHealth: (health) => logHealth(log, health),
    onCommit: (entries, ms) => metrics.committed(entries, ms),
  });
  const health = store.journal.health();
  if (!health.ok) logHealth(log, health);
  try {
    return await serve(config, surroundings, { store, metrics, connectionsMax: shares.connectionsMax });
  } catch (error) {
    await store.close();
    throw error;
  }
};

interface Opened {
  readonly store: Store;
  readonly metrics: Metrics;
  readonly connectionsMax: number;
}

/** Paths that one log line contains at most. */
const PATHS_LOGGED_MAX = 20;

const tightenDataDirectory = async ({ dataDir }: Config, log: Logger): Promise<void> => {
  const { paths, failed } = await makePrivate(dataDir);
  if (paths.length > 0) {
    const open = { paths: paths.slice(0, PATHS_LOGGED_MAX), count: paths.length };
    log.warn(
      open,
      'the data directory was open to other users of this machine, who may have read it; it is private now',
    );
  }
  const [first] = failed;
  if (first) {
    const open = { path: first.path, count: failed.length, err: first.cause };
    log.error(open, 'the data directory is open to other users of this machine, and its mode cannot be changed');
  }
};

const BYTES_PER_MIB = 1024 * 1024;

/** An in-memory file system, where the host has one: it has room for a copy although every disk is full. */
const SHARED_MEMORY = '/dev/shm';

const serve = async (
  config: Config,
  surroundings: Surroundings,
  { store, metrics, connectionsMax }: Opened,
): Promise<Coordinator> => {
  const { log, idleDrainMs = DRAIN_IDLE_MS } = surroundings;
  const feed = new Feed(surroundings.clock);
  const sink = await createSink(config, surroundings, store);
  const zones = createZones(config, surroundings, store, { feed, sink });
  const hub = new Hub({ ...surroundings, zones });
  const readiness = createReadiness();
  const auth = await createAuth(config, surroundings, store);
  const turns = new Turns();
  const app = createHttpApp({
    ...surroundings,
    ...auth,
    zones,
    feed,
    hub,
    tickets: new Tickets(surroundings.clock),
    inspectOrigins: config.inspectOrigins,
    statelyInspectorUrl: config.statelyInspectorUrl,
    receiverConsent: config.receiverConsent,
    metrics,
    readiness,
    journal: store.journal,
    bodyLimitBytes: config.bodyLimitBytes,
    rates: config,
    pace: turns,
  });
  const gate = new Gate({ ...surroundings, ...auth, turns, trustProxy: config.trustProxy }, app.callback());
  metrics.observe({
    zones,
    feed,
    clock: surroundings.clock,
    journal: store.journal,
    sink,
    load: gate,
    log: surroundings.logOutput ?? null,
  });
  const listener = await listen(gate.admit, { ...config, connectionsMax, idleDrainMs }, surroundings.ids);
  readiness.trigger.opened();
  const push = createPush(config, surroundings, hub);
  push?.start();
  sink?.start(zones);
  const waking = zones.start().catch((err: unknown) => log.error({ err }, 'stored zones could not be listed'));
  const { url } = listener;
  const issuer = config.issuerUrl ?? config.publicUrl;
  log.info({ url, issuer, docs: `${url}/docs`, inspector: `${url}/inspector`, dataDir: config.dataDir }, 'listening');
  const stop = async () => {
    push?.stop();
    await drain(config, { readiness, zones, listener, feed, hub, sink });
    await waking;
    await store.close();
    log.info('stopped');
  };
  let stopping: Promise<void> | null = null;
  return { url, stop: () => (stopping ??= stop()) };
};

const shareDescriptors = ({ descriptorsMax: limit = null, log }: Surroundings): DescriptorShares => {
  const shares = sharesOf(limit, CONNECTIONS_MAX);
  const { journalFiles, connectionsMax, isSmall } = shares;
  if (isSmall) log.warn({ limit, journalFiles, connectionsMax }, 'few file descriptors: the system bounds connections');
  return shares;
};

const MS_PER_SECOND = 1000;
const MS_PER_DAY = 24 * 3600 * MS_PER_SECOND;

const createZones = (
  config: Config,
  { clock, log }: Surroundings,
  store: Store,
  tellings: { readonly feed: Feed; readonly sink: Sink | null },
): Zones =>
  new Zones({
    store,
    clock,
    log,
    limits: config,
    retention: {
      session: Math.ceil(config.sessionRetentionDays * MS_PER_DAY),
      invocation: Math.ceil(config.invocationRetentionDays * MS_PER_DAY),
      edge: Math.ceil(config.delegationRetentionDays * MS_PER_DAY),
      receipt: Math.ceil(config.idempotencyRetentionSeconds * MS_PER_SECOND),
    },
    checkpointEveryEntries: config.checkpointEveryEntries,
    idleMs: config.zoneIdleSeconds * MS_PER_SECOND,
    ...tellings,
  });

const createPush = ({ inspectWsUrl: url, inspectWsZones }: Config, { clock, log }: Surroundings, hub: Hub) =>
  url === null ? null : new Push({ url, zones: inspectWsZones }, { hub, clock, log });

// Loaded only where it is used: most coordinators have no Redis beside them.
const createSink = async (config: Config, { clock, log }: Surroundings, store: Store): Promise<Sink | null> => {
  const { redisUrl: url, streamsMaxLen: maxLen, streamsHmacKey } = config;
  if (url === null) return null;
  const { Sink } = await import('./sink/sink.ts');
  const key = streamsHmacKey === null ? null : Buffer.from(streamsHmacKey, 'hex');
  return new Sink({ url, maxLen, key, journal: store.journal, clock, log });
};

interface RemoteKeysParts {
  readonly ages: Ages;
  readonly log: Logger;
  readonly journal: Store['journal'];
}

const createRemoteKeys = ({ stsUrl }: Config, { ages, log, journal }: RemoteKeysParts): RemoteKeys =>
  new RemoteKeys({
    stsUrl: stsUrl ?? '',
    ages,
    // A zone whose lookup fails is treated like a zone that only an unsigned token names.
    isStored: (zone) =>
      journal.head(zone).then(
        (head) => head > 0,
        () => false,
      ),
    onRenewalFailed: (zone, err) => log.warn({ zone, err }, 'the keys of a zone could not be renewed ahead of time'),
  });

const UNUSABLE = 'a key of the own issuer cannot be used: tokens of its zone are refused until it is restored';

const createAuth = async (config: Config, { clock, log }: Surroundings, { journal }: Store) => {
  const { dataDir, issuerUrl, publicUrl: issuer, coordinatorScope: scope } = config;
  const own =
    issuerUrl === null
      ? createOwnIssuer({ dataDir, issuer, clock, onUnusable: (key, err) => log.error({ ...key, err }, UNUSABLE) })
      : null;
  // Every key file is read once at the start, so that a damaged one shows before a token needs it.
  own?.jwks().catch((err: unknown) => log.error({ err }, 'the keys of the own issuer cannot be listed'));
  // While the clocks disagree, tokens and cached keys expire by the later clock.
  const ages = new Ages({ now: () => clock.read().latest });
  const remote = createRemoteKeys(config, { ages, log, journal });
  const keysOf = own?.keysOf ?? remote.keysOf;
  const verifier = createVerifier({ issuer: issuerUrl ?? issuer, keysOf, scope, ages });
  const isOperator = matchSecret(await operatorToken({ configured: config.operatorToken, dataDir }));
  const authenticator = createAuthenticator({ verifier, isOperator });
  const mayReadMetrics = config.metricsBearer === null ? isOperator : matchSecret(config.metricsBearer);
  const jwks = own ? (zone?: string) => own.jwks(zone) : null;
  const unusableKeys = () => own?.unusable() ?? [];
  return { authenticator, verifier, isOperator, mayReadMetrics, jwks, unusableKeys };
};

const logHealth = (log: Logger, health: ReturnType<Store['journal']['health']>): void => {
  if (health.ok) log.info('the journal can be written again');
  else log.error({ reason: health.reason }, 'the journal cannot be written');
};

/** The parts of the grace period that requests in flight may take, and messages on their way to Redis; the rest is for checkpoints. */
const REQUESTS_SHARE = 0.5;
const SINK_SHARE = 0.25;

interface Draining {
  readonly readiness: Readiness;
  readonly zones: Zones;
  readonly listener: { close(graceMs: number): Promise<void> };
  readonly feed: Feed;
  readonly hub: Hub;
  readonly sink: Sink | null;
}

const drain = async (config: Config, { readiness, zones, listener, feed, hub, sink }: Draining): Promise<void> => {
  readiness.trigger.drainStarted();
  feed.close();
  hub.close();
  await listener.close(config.shutdownGraceMs * REQUESTS_SHARE);
  await sink?.drain(config.shutdownGraceMs * SINK_SHARE);
  await zones.drain();
};
