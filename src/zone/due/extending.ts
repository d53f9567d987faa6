// Selects the running invocations that an extension reaches: a slice in the order of ids, so that an entry is bounded.
import type { Stamp } from '../../../machines/words.ts';
import type { Actors } from '../actors/actors.ts';
import type { WorkExtended } from '../events.ts';
import type { Delivery } from '../plan.ts';

export const extending = ({ byMs, after, most }: WorkExtended, stamp: Stamp, { invocations }: Actors): Delivery[] => {
  const event = { type: 'extended', byMs, ...stamp } as const;
  return invocations.timed(after, most).map((id) => ({ kind: 'invocation', id, event }));
};
