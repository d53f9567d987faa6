// The process: environment, signals, exit codes. The only file that touches `process`.
import { isatty } from 'node:tty';
import { startCoordinator, type Coordinator } from './app.ts';
import { readConfig, type Config } from './config/config.ts';
import { descriptorLimit } from './config/descriptors.ts';
import { createIds } from './ids.ts';
import { createLogger, type Logger } from './log.ts';
import { hostClocks } from './time/host-clocks.ts';
import { logClockEvent } from './time/clock-log.ts';
import { ProcessClock } from './time/process-clock.ts';

const STDOUT = 1;
const OWNER_ONLY = 0o077;
const MS_PER_SECOND = 1000;

const fail = (sentences: readonly string[]): never => {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`);
  process.exit(1);
};

const start = async (config: Config, log: Logger): Promise<Coordinator> => {
  const steadyMs = config.clockSteadySeconds * MS_PER_SECOND;
  const clock = new ProcessClock(hostClocks, { steadyMs, onEvent: (event) => logClockEvent(log, event) });
  try {
    return await startCoordinator(config, { clock, ids: createIds(clock), log, descriptorsMax: descriptorLimit() });
  } catch (error) {
    return fail([error instanceof Error ? error.message : String(error)]);
  }
};

// A signal may come before there is anything to stop; then the start is brought to its end first.
const stopOn = (
  signal: NodeJS.Signals,
  starting: Promise<Coordinator>,
  { shutdownGraceMs }: Config,
  log: Logger,
): void => {
  process.once(signal, () => {
    log.info({ signal }, 'stopping');
    // The journal has everything that was promised; all that an overdue stop costs is a longer next start.
    setTimeout(() => fail([`Not stopped within SHUTDOWN_GRACE_MS (${shutdownGraceMs} ms).`]), shutdownGraceMs).unref();
    starting
      .then((coordinator) => coordinator.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.fatal({ err: error }, 'the stop failed');
          process.exit(1);
        },
      );
  });
};

// LevelDB makes its files readable by everyone and leaves the rest to the umask, so the umask must not be inherited.
process.umask(OWNER_ONLY);
const outcome = readConfig(process.env);
if (!outcome.ok) fail(outcome.problems);
else {
  const { config } = outcome;
  // Not `process.stdout.isTTY`: to touch that stream makes its pipe one that refuses to wait, and a log line that finds it full
  // would then sleep for 100 ms, with everything else, where the reader needs one.
  const log = createLogger({ level: config.logLevel, terminal: isatty(STDOUT) });
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
  const starting = start(config, log);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) stopOn(signal, starting, config, log);
}
