// How an instant that may be missing looks on the wire.
import { isoInstant, type Instant } from '../../clock.ts';

export const instantOrNull = (at: Instant | null): string | null => (at === null ? null : isoInstant(at));
