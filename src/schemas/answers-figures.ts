// Answers of `/metrics` and `/stats`: the figures of this process.
import { Type } from 'typebox';
import { answer, Count, Data, orNothing, type TextSchema } from './answers.ts';

export const Stats = answer(
  'Stats',
  {
    /** Live invocations of the zones in memory by status; `failed` ones wait for another attempt. */
    invocations: Type.Object(
      { pending: Count, running: Count, cancel_requested: Count, failed: Count },
      { title: 'InvocationCounts' },
    ),
    /**
     * `pending`: journal entries not yet published to Redis; null until Redis was asked about every zone since the
     * start; 0 without `REDIS_URL`. `dead` is always 0: publishing is retried until it succeeds.
     */
    outbox: Type.Object({ pending: orNothing(Count), dead: Type.Literal(0) }, { title: 'Outbox' }),
  },
  {
    invocations: { pending: 3, running: 2, cancel_requested: 0, failed: 1 },
    outbox: { pending: 0, dead: 0 },
    coordinator_zones_awake: [{ value: 1, labels: {} }],
  },
  // The figures of `/metrics` by name: their values with their labels.
  Type.Array(Data),
);

export const MetricsText: TextSchema = Object.assign(
  Type.Unsafe<string>({ type: 'string', description: "Prometheus' text format 0.0.4." }),
  {
    title: 'Metrics',
    examples: [
      '# HELP coordinator_zones_awake Zones in memory.\n# TYPE coordinator_zones_awake gauge\ncoordinator_zones_awake 1\n',
    ] as const,
  },
);
