// What a zone needs to serve, and whom it tells.
import type { Logger } from 'pino';
import type { Instant } from '../../machines/words.ts';
import type { Store } from '../journal/journal.ts';
import type { ChangeFeed, ChangeSink } from './messages/announcing.ts';
import type { ZoneLimits } from './decisions/decision.ts';
import type { ForgettingPace } from './checkpoints/forgetting-pace.ts';
import type { Retention } from './checkpoints/upkeep.ts';

export interface ServingSettings {
  readonly store: Store;
  readonly limits: ZoneLimits;
  readonly retention: Retention;
  /** Limits how fast records are deleted because of their age, over all zones. */
  readonly pace: ForgettingPace;
  /** Entries after which a checkpoint is made while the zone serves. */
  readonly checkpointEveryEntries: number;
  readonly log: Logger;
  /** Told after every change when the zone has to be woken; null for never. */
  readonly onDeadline: (zone: string, at: Instant | null) => void;
  /** Called when a stop was accepted that needs the zone to be open for writing. */
  readonly onStopNeeded: () => void;
  /** Receives damage that caused a refusal. */
  readonly onDamage: (zone: string, sentence: string) => void;
  /** Hears of every change of the zones it wants to hear of; null where nobody does. */
  readonly feed: ChangeFeed | null;
  /** Hears how far every zone has come; null where nobody wants to know. */
  readonly sink: ChangeSink | null;
}
