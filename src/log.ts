// The log: one JSON object per line, or readable lines when a person watches. Whatever a careless call hands it, what callers
// send as secrets or as their own data does not come out: such fields are cut by name, at every depth that is written.

import { pino, stdSerializers, stdTimeFunctions, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { LogLevel } from './config/config.ts';

export type { Logger };

/** Secrets, and bodies that may hold personal data; `error` is what a worker reports of a failed invocation. */
const CUT_FIELDS: ReadonlySet<string> = new Set([
  'authorization',
  'token',
  'metadata',
  'metadata_json',
  'params',
  'params_json',
  'error',
  'error_json',
]);

const CUT = '[redacted]';

/** Levels of a logged object that are written. What lies deeper was not made for a log line. */
const LEVELS_MAX = 4;

export interface LogDestination extends DestinationStream {
  /** Writes the buffered lines synchronously. pino calls it after a fatal line. */
  flushSync?(): void;
}

export interface LogParts {
  readonly level: LogLevel;
  /** Whether a person watches. */
  readonly terminal: boolean;
  /** The destination of log lines. */
  readonly destination: LogDestination;
}

/** A logger whose timestamps are ISO-8601 UTC. */
export function createLogger({ level, terminal, destination }: LogParts): Logger {
  const options = {
    level,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { log: discreet, level: (label: string) => ({ level: label }) },
    serializers,
  };
  return pino(options, terminal ? readable(destination) : destination);
}

function readable(destination: LogDestination): LogDestination {
  const lineOf = prettyFactory({});
  return { write: (line) => destination.write(lineOf(line)), flushSync: () => destination.flushSync?.() };
}

// pino's own redaction takes paths with wildcards, and costs 19 µs a line with these names at three levels; this walk costs
// one or two. Formatters do not see what a child logger is bound to, so the names are cut there by serializers.
const serializers: NonNullable<LoggerOptions['serializers']> = {
  ...Object.fromEntries([...CUT_FIELDS].map((field) => [field, () => CUT])),
  err: (error: unknown) => (error instanceof Error ? discreet({ ...stdSerializers.err(error) }) : error),
};

function discreet(fields: Record<string, unknown>, level = 1): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(fields)) {
    shown[field] = CUT_FIELDS.has(field.toLowerCase()) ? CUT : discreetValue(value, level);
  }
  return shown;
}

function discreetValue(value: unknown, level: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return level === 1 ? value : discreet({ ...stdSerializers.err(value) }, level + 1);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return '[bytes]';
  if (level >= LEVELS_MAX) return '[deeper]';
  return Array.isArray(value) ? value.map((item) => discreetValue(item, level + 1)) : discreet({ ...value }, level + 1);
}
