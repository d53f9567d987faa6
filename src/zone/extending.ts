// Which running invocations an extension reaches: a slice of them in the order of their ids, so that no entry grows with the zone.
import type { Stamp } from '../../machines/words.ts';
import type { Actors } from './actors/actors.ts';
import type { WorkExtended } from './events.ts';
import type { Plan } from './plan.ts';

export const extending = ({ byMs, after, most }: WorkExtended, stamp: Stamp, { invocations }: Actors): Plan => {
  const event = { type: 'extended', byMs, ...stamp } as const;
  const deliveries = invocations.timed(after, most).map((id) => ({ kind: 'invocation', id, event }) as const);
  return { deliveries, moved: [], revoked: [] };
};
