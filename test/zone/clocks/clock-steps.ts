// The steps of a random test of clocks: commands of callers, and what happens to clocks, process and machine.
import fc from 'fast-check';
import { ROOMY } from '../../world/zone-world.ts';
import { RETENTION_MS } from './clock-run.ts';

export const LEASE_MS = ROOMY.serviceLeaseSeconds * 1_000;

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

const which = fc.nat({ max: 4 });
const lengthMs = fc.constantFrom(1_000, 40_000, 300_000, HOUR_MS);

export const clockStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('start' as const), lengthMs }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('service' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('heartbeat' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('terminate' as const), which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('edge' as const),
      from: which,
      to: which,
      lengthMs,
      isInstant: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('invoke' as const), lengthMs }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('register' as const), lengthMs }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('run' as const),
      ms: fc.constantFrom(200, 4_000, 30_000, 100_000, LEASE_MS, 2 * RETENTION_MS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wall' as const),
      ms: fc.constantFrom(3_000, -3_000, 20_000, -20_000, HOUR_MS, -HOUR_MS, YEAR_MS, -YEAR_MS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('right' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pause' as const), ms: fc.constantFrom(1_500, 20_000, 300_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sleep' as const), ms: fc.constantFrom(60_000, 8 * HOUR_MS) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('restart' as const),
      downMs: fc.constantFrom(0, 1_000, 400_000),
      isCrash: fc.boolean(),
    }),
  },
);
export type ClockStep = typeof clockStep extends fc.Arbitrary<infer Each> ? Each : never;
export type StepOf<Kind extends ClockStep['do']> = Extract<ClockStep, { readonly do: Kind }>;
