// The process: environment, signals, exit codes. The only file that touches `process`.
import { isatty } from 'node:tty';
import type { Coordinator } from './app.ts';
import { readConfig, type Config } from './config/config.ts';
import { descriptorLimit } from './config/descriptors.ts';
import { misspeltNames } from './config/misspelt.ts';
import { createIds } from './ids.ts';
import { createLogger, type Logger } from './log.ts';
import { LogOutput } from './log/output.ts';
import { hostClocks } from './time/host-clocks.ts';
import { logClockEvent } from './time/clock-log.ts';
import { ProcessClock } from './time/process-clock.ts';

const STDOUT = 1;
const OWNER_ONLY = 0o077;
const MS_PER_SECOND = 1000;

/** Packages with many small files. */
const WIDE_PACKAGES = ['typebox', 'koa-body'];

// Node opens all modules of one import depth at the same time. Loading one package after another needs fewer file
// descriptors: otherwise a limit of 160 would be too low to start.
const loadApp = async () => {
  for (const name of WIDE_PACKAGES) await import(name);
  return import('./app.ts');
};

/** The log and its buffered output. */
interface Logging {
  readonly log: Logger;
  readonly output: LogOutput;
}

const fail = (sentences: readonly string[], logging?: Logging): never => {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`);
  return exit(1, logging);
};

const exit = (code: number, logging?: Logging): never => {
  logging?.output.flushSync();
  process.exit(code);
};

const warnOfMisspelt = (log: Logger): void => {
  for (const { name, known, reason } of misspeltNames(process.env)) {
    const isFile = reason === 'not_read_from_file';
    const told = isFile ? 'is not read from a file: set the variable itself' : 'is not known: is it misspelt?';
    log.warn({ variable: name, known }, `a variable of the environment ${told}`);
  }
};

const startLog = (config: Config): Logging => {
  const output = LogOutput.of(STDOUT);
  const log = createLogger({ level: config.logLevel, terminal: isatty(STDOUT), destination: output });
  output.onRoom((dropped) => log.warn(dropped, 'log lines were dropped: the log was not read fast enough'));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught exception');
    process.exit(1);
  });
  warnOfMisspelt(log);
  return { log, output };
};

const start = async (config: Config, logging: Logging): Promise<Coordinator> => {
  const { log, output } = logging;
  const steadyMs = config.clockSteadySeconds * MS_PER_SECOND;
  const clock = new ProcessClock(hostClocks, { steadyMs, onEvent: (event) => logClockEvent(log, event) });
  try {
    const { startCoordinator } = await loadApp();
    return await startCoordinator(config, {
      clock,
      ids: createIds(clock),
      log,
      logOutput: output,
      descriptorsMax: descriptorLimit(),
    });
  } catch (error) {
    return fail([error instanceof Error ? error.message : String(error)], logging);
  }
};

// A signal may come before there is anything to stop; then the start is brought to its end first.
const stopOn = (
  signal: NodeJS.Signals,
  starting: Promise<Coordinator>,
  { shutdownGraceMs }: Config,
  logging: Logging,
): void => {
  const overdue = `Not stopped within SHUTDOWN_GRACE_MS (${shutdownGraceMs} ms).`;
  process.once(signal, () => {
    logging.log.info({ signal }, 'stopping');
    // The journal has everything that was promised; all that an overdue stop costs is a longer next start.
    setTimeout(() => fail([overdue], logging), shutdownGraceMs).unref();
    starting
      .then((coordinator) => coordinator.stop())
      .then(
        () => exit(0, logging),
        (error: unknown) => {
          logging.log.fatal({ err: error }, 'the stop failed');
          process.exit(1);
        },
      );
  });
};

// LevelDB makes its files readable by all users, limited only by the umask, so the umask must not be inherited.
process.umask(OWNER_ONLY);
const outcome = readConfig(process.env);
if (!outcome.ok) fail(outcome.problems);
else {
  const { config } = outcome;
  const logging = startLog(config);
  const starting = start(config, logging);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) stopOn(signal, starting, config, logging);
}
