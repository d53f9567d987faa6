// A change of which only a part is journaled: the rest of it happens before anything else, also after a restart of the zone.
import type { Cascade, WorkExtended, ZoneEvent } from '../events.ts';
import type { Plan } from '../plan.ts';

export type Underway = Cascade | WorkExtended;

/** Returns what is left to do after an event was carried out; null if it was carried out completely. */
export const underwayAfter = (event: ZoneEvent, plan: Plan): Underway | null => {
  if (event.type === 'cascade.part') return event.of;
  return event.type === 'work.extended' ? restOf(event, plan) : null;
};

/** An extension that reached as many invocations as one entry may goes on after the last of them. */
const restOf = (event: WorkExtended, { deliveries }: Plan): WorkExtended | null => {
  const last = deliveries.length < event.most ? undefined : deliveries.at(-1);
  return last === undefined ? null : { ...event, after: last.id };
};
