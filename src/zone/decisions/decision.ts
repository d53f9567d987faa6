// What deciding may look at and what it comes to. Deciding is pure and synchronous: it reads the zone and yields a refusal,
// an event to be carried out, the finding that this very request was carried out before, or a heartbeat that is only noted.
import type { BodyRef, Instant } from '../../../machines/words.ts';
import type { ReceiptClaim } from '../../journal/entry.ts';
import type { ReceiverConsent } from '../../authority/rules.ts';
import type { Refusal } from '../../refusals.ts';
import type { AuthorityTime } from '../../time/zone-time.ts';
import type { Actors } from '../actors/actors.ts';
import type { ActorKind, Records } from '../actors/codec.ts';
import { Ends } from '../authority-end.ts';
import type { Content } from '../bodies.ts';
import type { Ask, Command, CommandType } from '../commands.ts';
import type { Directory, DirectoryEvent } from '../directory.ts';
import type { ZoneEvent } from '../events.ts';
import type { OriginalOutcome } from '../outcomes.ts';
import type { Receipt } from '../receipts.ts';

export interface ZoneLimits {
  readonly agentsPerZoneMax: number;
  readonly agentsPerAppMax: number;
  readonly agentChildrenMax: number;
  readonly agentDepthMax: number;
  readonly serviceLeaseSeconds: number;
  readonly idempotencyRetentionSeconds: number;
  /** Whether what is not registered is taken as named, or refused. */
  readonly directory: 'open' | 'closed';
  readonly receiverConsent: ReceiverConsent;
}

export interface Situation {
  readonly now: Instant;
  /** The instant for the age of receipts; null while the clock is not steady, so that no receipt expires. */
  readonly agesAt: Instant | null;
  /** The instants by which authority ends. See `AuthorityTime`. */
  readonly authorityAt: AuthorityTime;
  /** See `Moment`. */
  readonly wallAt: Instant;
  readonly isAheadDisputed: boolean;
  readonly actors: Actors;
  readonly directory: Directory;
  readonly limits: ZoneLimits;
  /** An actor of the zone, one that has ended included. */
  readonly find: <Kind extends ActorKind>(kind: Kind, id: string) => Records[Kind] | undefined;
  readonly contentOf: (body: BodyRef | null) => Content;
  readonly receipt: (key: string) => Receipt | undefined;
  readonly nextDueAt: () => Instant | null;
}

/** What a command can come to: an event about an actor, or about what is registered. */
export type CommandEvent = Extract<ZoneEvent, { readonly id: string }> | DirectoryEvent;

export interface Accepted {
  readonly event: CommandEvent;
  /** What may hold personal data and is journaled beside the entry. */
  readonly body: Buffer | null;
  readonly receipt: ReceiptClaim | null;
}

/** What a request made that was carried out before. */
/** As it was when it had just been made. */
export type Made = { readonly [Kind in ActorKind]: { readonly kind: Kind; readonly record: Records[Kind] } }[ActorKind];

export interface Repeated {
  readonly repeats: Made;
}

/** A heartbeat that needs no entry: it says nothing new, and one like it is journaled that is recent enough. */
export interface Noted {
  readonly noted: { readonly sessionId: string; readonly serviceId: string | null };
}

/** The command was carried out before, with the same key: it returns the first answer. */
export interface Recalled {
  readonly recalls: OriginalOutcome;
}

export type Decision = Refusal | Accepted | Repeated | Recalled | Noted;

export type Decide<T extends CommandType> = (situation: Situation, command: Command<T>, ask: Ask) => Decision;

export const accept = (event: CommandEvent, body: Buffer | null = null): Accepted => ({ event, body, receipt: null });

/** What a decision asks a state with, where only the kind of event counts. */
export const STAMP = { at: 0, seq: 0 } as const;

/** Returns the sessions and edges whose authority has ended in this situation. */
export const endsIn = (situation: Pick<Situation, 'actors' | 'directory' | 'authorityAt'>): Ends =>
  new Ends(situation, situation.authorityAt);
