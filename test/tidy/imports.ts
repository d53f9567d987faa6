// Who may import whom: the table of the parts, from the innermost to the door. A row names files and folders of the
// project and packages; after `type ` only types may be taken, which leaves nothing at run time. The first row that fits
// a file counts.
import type { Import, Source } from './source.ts';

interface Row {
  /** A file, or a folder with everything below it. */
  readonly part: string;
  readonly may: readonly string[];
}

export const importTable: readonly Row[] = [
  { part: 'machines/', may: ['machines/', 'xstate'] },
  { part: 'src/refusals.ts', may: ['src/refusals/'] },
  { part: 'src/refusals/', may: ['src/refusals/'] },
  { part: 'src/limits.ts', may: [] },
  { part: 'src/clock.ts', may: [] },
  { part: 'src/data-directory.ts', may: ['node:'] },
  { part: 'src/ids.ts', may: ['uuid', 'node:crypto', 'type src/clock.ts'] },
  { part: 'src/time/', may: ['src/time/', 'src/clock.ts', 'type pino'] },
  { part: 'src/readiness.ts', may: ['@xstate/store'] },
  // The values of a setting are named by the part that it is for.
  { part: 'src/config/', may: ['src/config/', 'src/authority/rules.ts', 'proxy-addr', 'node:fs', 'node:net'] },
  { part: 'src/log/', may: ['src/log/', 'node:fs', 'node:net'] },
  { part: 'src/log.ts', may: ['type src/config/config.ts', 'pino', 'pino-pretty'] },
  {
    part: 'src/metrics/',
    may: [
      'src/metrics/',
      'type src/zone/zones.ts',
      'type src/zone/figures.ts',
      'type src/feed.ts',
      'type src/journal/journal.ts',
      'type src/time/',
      'prom-client',
    ],
  },
  { part: 'src/audit.ts', may: ['type src/authority/', 'type pino'] },
  {
    part: 'src/authority/',
    may: ['src/authority/', 'type machines/', 'type src/clock.ts', 'src/refusals.ts', 'type src/time/'],
  },
  { part: 'src/schemas/', may: ['src/schemas/', 'type machines/', 'src/limits.ts', 'src/clock.ts', 'typebox', 'ajv'] },
  // `level` is not in this row: see `onlyIn`.
  { part: 'src/journal/', may: ['src/journal/', '@node-rs/crc32', 'snappy', 'node:'] },
  { part: 'src/auth/', may: ['src/auth/', 'src/authority/', 'src/clock.ts', 'jose', 'lru-cache', 'node:'] },
  {
    part: 'src/zone/',
    may: [
      'src/zone/',
      'machines/',
      'src/audit.ts',
      'src/authority/',
      'src/journal/journal.ts',
      'src/journal/entry.ts',
      'src/limits.ts',
      'src/refusals.ts',
      'src/clock.ts',
      'src/time/zone-time.ts',
      'type src/time/',
      'xstate',
      '@xstate/store',
      'lru-cache',
      'tinyqueue',
      'type pino',
      'node:',
    ],
  },
  {
    part: 'src/feed.ts',
    may: [
      'src/limits.ts',
      'type src/clock.ts',
      'type src/zone/messages/announcing.ts',
      'type src/zone/messages/messages.ts',
      'node:timers/promises',
    ],
  },
  { part: 'src/inspect/charts.ts', may: ['node:'] },
  {
    part: 'src/inspect/',
    may: [
      'src/inspect/',
      'machines/',
      // The face of a zone to whoever looks on.
      'type src/zone/inspection.ts',
      // What histories are made of.
      'src/zone/events.ts',
      // Who may send what, for the page.
      'src/authority/rules.ts',
      'type src/zone/zone.ts',
      'type src/zone/zones.ts',
      'type src/clock.ts',
      'type src/ids.ts',
      'src/limits.ts',
      'xstate',
      'type pino',
      'ws',
      'node:crypto',
      'node:timers/promises',
    ],
  },
  {
    part: 'src/sink/',
    may: [
      'src/sink/',
      'src/limits.ts',
      'type src/clock.ts',
      'type src/journal/journal.ts',
      'type src/zone/',
      // The names of the topics.
      'src/zone/messages/messages.ts',
      'ioredis',
      'lru-cache',
      'type pino',
      'node:',
    ],
  },
  {
    part: 'src/http/',
    may: [
      'src/http/',
      'src/audit.ts',
      'src/inspect/',
      'src/schemas/',
      'src/auth/',
      'type src/authority/',
      // The authority of an edge and its end, for the views.
      'src/authority/end-instants.ts',
      'src/authority/narrowing.ts',
      // The face of a zone: what can be asked of it, and what it shows.
      'src/zone/commands.ts',
      'src/zone/conditions.ts',
      'src/zone/effects.ts',
      'src/zone/entity-tags.ts',
      'src/zone/status-words.ts',
      'src/zone/events.ts',
      'type src/zone/actors/',
      'src/zone/messages/messages.ts',
      'type src/feed.ts',
      'type src/metrics/',
      'type src/zone/reading/views.ts',
      'type src/zone/reading/authority-views.ts',
      'type src/zone/liveness.ts',
      'type src/zone/directory.ts',
      'type src/zone/graph.ts',
      'type src/zone/zone.ts',
      'type src/zone/zones.ts',
      'type src/journal/journal.ts',
      'type src/readiness.ts',
      'type src/ids.ts',
      'src/clock.ts',
      'type src/time/',
      'src/limits.ts',
      'src/refusals.ts',
      'koa',
      '@koa/router',
      '@opentelemetry/api',
      'koa-body',
      'content-type',
      'proxy-addr',
      'rate-limiter-flexible',
      'ws',
      'typebox',
      'type pino',
      'node:',
    ],
  },
  // It chooses the implementations.
  { part: 'src/app.ts', may: ['src/', 'type pino', 'node:'] },
  {
    part: 'src/main.ts',
    may: ['src/app.ts', 'src/config/', 'src/ids.ts', 'src/log.ts', 'src/log/output.ts', 'src/time/', 'node:tty'],
  },
];

/** What is known in one place only, whatever the table allows. */
const onlyIn: Readonly<Record<string, readonly string[]>> = {
  level: ['src/journal/level/level-database.ts', 'src/journal/level/level-reader.ts', 'test/journal/'],
  '@node-rs/crc32': ['src/journal/tables/tables.ts', 'src/journal/tables/manifest.ts'],
  snappy: ['src/journal/tables/tables.ts'],
  // The bench measures an empty Koa beside the coordinator.
  'prom-client': ['src/metrics/'],
  ioredis: ['src/sink/redis.ts', 'test/redis/', 'bench/'],
  '@opentelemetry/api': ['src/http/tracing.ts', 'test/http/tracing.test.ts'],
  ws: ['src/inspect/socket-sink.ts', 'src/inspect/push.ts', 'src/http/inspector/inspector.ts', 'test/'],
  koa: ['src/http/', 'bench/'],
  'koa-body': ['src/http/body/body.ts'],
  '@koa/router': ['src/http/', 'bench/'],
  // It draws before anything runs, and is not installed where the coordinator does: see `docs/dependencies.md`.
  'elkjs/lib/elk.bundled.js': ['scripts/chart-picture.ts'],
  // A test that damages data starts the coordinator in a process of its own, which it may lose.
  'src/app.ts': ['src/main.ts', 'test/world/', 'test/process/parts/damage-reader.ts'],
  'src/main.ts': [],
};

export const importProblems = ({ path, imports }: Source): string[] => {
  const row = importTable.find(({ part }) => isWithin(path, part));
  if (!row && /^(?:src|machines)\//.test(path)) return [`${path} is in no row of the import table`];
  return imports.flatMap((each) => {
    const allowed = row === undefined || row.may.some((target) => allows(target, each)) || isKeptTo(path, each.from);
    const astray = onlyIn[each.from]?.every((place) => !isWithin(path, place)) ?? false;
    return allowed && !astray ? [] : [`${path} may not import ${each.from}${each.typeOnly ? ' (a type)' : ''}`];
  });
};

const isKeptTo = (path: string, from: string) => onlyIn[from]?.some((place) => isWithin(path, place)) ?? false;

const allows = (target: string, { from, typeOnly }: Import): boolean =>
  target.startsWith('type ') ? typeOnly && isWithin(from, target.slice('type '.length)) : isWithin(from, target);

const isWithin = (path: string, part: string) => (/[/:]$/.test(part) ? path.startsWith(part) : path === part);
