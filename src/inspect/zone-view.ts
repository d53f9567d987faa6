// What one viewer sees of one zone. First the actors that exist, as they are when their turn comes, then what happens to
// them. Nothing is made before the viewer takes it: who reads slowly finds the latest of each actor and not all that was in
// between, and what waits for it is bounded. Whatever is taken may be told once it is on disk.
import { INSPECTOR_ACTORS_MAX, INSPECTOR_QUEUE_MAX, SLICE_ACTORS, SLICE_LOOKED_AT } from '../limits.ts';
import type { Inspection, ZoneActor } from '../zone/inspection.ts';
import {
  machineMessage,
  Sighting,
  syncedMessage,
  zoneMessage,
  type Audience,
  type Message,
  type ZoneReason,
} from './messages.ts';
import { wanted } from './subtree.ts';

/** What a viewer wants of a zone. */
export interface Interest {
  /** Only this agent session with what is below it and what touches those; null for everything. */
  readonly session: string | null;
  /** Every event and every snapshot, rather than the latest snapshot of each actor. */
  readonly events: boolean;
}

export interface Taken {
  readonly messages: readonly Message[];
  /** Resolves when they may be told, undefined when they may now; rejects when they never may. */
  readonly stored: Promise<void> | undefined;
}

interface Queued {
  readonly sighting: Sighting;
  readonly as: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
}

export class ZoneView {
  readonly zone: string;
  readonly interest: Interest;
  readonly #boot: string;
  readonly #audience: Audience;
  /** Actors that the viewer knows of, or soon will. */
  readonly #known = new Set<ZoneActor>();
  readonly #machines = new Set<string>();
  readonly #queue = new Map<ZoneActor | number, Queued>();
  #inspection: Inspection | null = null;
  #reason: ZoneReason | null = 'joined';
  #joining: Iterator<ZoneActor> | null = null;
  #shown = 0;
  #leftOut = false;
  #rootIsTold = false;
  #queued = 0;

  constructor(
    zone: string,
    parts: { readonly boot: string; readonly interest: Interest; readonly audience: Audience },
  ) {
    this.zone = zone;
    this.interest = parts.interest;
    this.#boot = parts.boot;
    this.#audience = parts.audience;
  }

  /** The zone has come to be in memory (its inspection), its state has changed, or it has gone from memory (null). */
  stands(inspection: Inspection | null): void {
    if (inspection !== this.#inspection) this.#rootIsTold = false;
    this.#inspection = inspection;
    this.#startOver(this.#reason ?? 'changed');
  }

  saw(sighting: Sighting): void {
    const { actor } = sighting;
    if (!this.#known.has(actor)) {
      if (!sighting.isBirth || !this.#admits(actor, sighting.context)) return;
      this.#put(actor, { sighting, as: '@xstate.actor' });
    } else this.#put(actor, { sighting, as: '@xstate.snapshot' });
    if (sighting.isEnd) this.#known.delete(actor);
  }

  sawEvent(sighting: Sighting, isRoot: boolean): void {
    if (!this.interest.events) return;
    if (isRoot ? this.#rootIsTold && this.interest.session === null : this.#known.has(sighting.actor))
      this.#put(sighting.actor, { sighting, as: '@xstate.event' });
  }

  /** What is to be told next, at instant `at`; null when there is nothing. */
  take(at: number): Taken | null {
    if (this.#reason !== null) return { messages: this.#zone(this.#reason, at), stored: undefined };
    if (this.#joining === null && this.#queue.size === 0) return null;
    const messages = [...this.#someOfThose(at), ...this.#someOfQueue()];
    return { messages, stored: this.#inspection?.stored() };
  }

  #startOver(reason: ZoneReason): void {
    this.#reason = reason;
    this.#known.clear();
    this.#queue.clear();
    this.#joining = null;
    this.#shown = 0;
    this.#leftOut = false;
  }

  #put(actor: ZoneActor, queued: Queued): void {
    this.#queued += 1;
    const key = this.interest.events ? this.#queued : actor;
    // One that the viewer has not been told of yet is still new.
    const as = this.#queue.get(key)?.as ?? queued.as;
    this.#queue.set(key, { ...queued, as });
    if (this.#queue.size > INSPECTOR_QUEUE_MAX) this.#startOver('behind');
  }

  /** Whether the viewer may be told of an actor; from then on it knows of it. */
  #admits(actor: ZoneActor, context: unknown): boolean {
    const { session } = this.interest;
    const inspection = this.#inspection;
    if (inspection === null || (session !== null && !wanted(inspection, session, { actor, context }))) return false;
    if (this.#known.size >= INSPECTOR_ACTORS_MAX) this.#leftOut = true;
    else this.#known.add(actor);
    return this.#known.has(actor);
  }

  // An inspector opens on the first actor that it is told of, so the session that was asked for comes before its parent.
  #zone(reason: ZoneReason, at: number): readonly Message[] {
    this.#reason = null;
    const inspection = this.#inspection;
    const state = inspection === null ? 'asleep' : String(inspection.supervisor.getSnapshot().value);
    const messages = this.#ours([zoneMessage({ boot: this.#boot, zone: this.zone }, state, reason)]);
    if (inspection === null) return messages;
    if (inspection.isShown) {
      this.#joining = firstOf(inspection, this.interest.session);
      if (this.interest.session !== null && this.#audience.dialect === 'stately')
        messages.push(...this.#someOfThose(at, 1));
    }
    messages.push(...this.#root(inspection, at));
    return messages;
  }

  #root({ supervisor }: Inspection, at: number): readonly Message[] {
    const as = this.#rootIsTold && this.#audience.dialect === 'stately' ? '@xstate.snapshot' : '@xstate.actor';
    this.#rootIsTold = true;
    return this.#told({ sighting: this.#sight(supervisor, at), as });
  }

  /** Some more of the actors that exist. */
  #someOfThose(at: number, most = SLICE_ACTORS): readonly Message[] {
    const messages: Message[] = [];
    let shown = 0;
    for (let looked = 0; this.#joining && looked < SLICE_LOOKED_AT && shown < most; looked += 1) {
      const { done, value: actor } = this.#joining.next();
      if (done) {
        this.#joining = null;
        messages.push(...this.#ours([syncedMessage(this.zone, this.#shown, this.#leftOut)]));
      } else if (!this.#known.has(actor) && this.#admits(actor, actor.getSnapshot().context)) {
        messages.push(...this.#told({ sighting: this.#sight(actor, at), as: '@xstate.actor' }));
        shown += 1;
        this.#shown += 1;
      }
    }
    return messages;
  }

  #someOfQueue(): readonly Message[] {
    const messages: Message[] = [];
    let taken = 0;
    for (const [key, queued] of this.#queue) {
      if (taken === SLICE_ACTORS) break;
      taken += 1;
      this.#queue.delete(key);
      messages.push(...this.#told(queued));
    }
    return messages;
  }

  #sight(actor: ZoneActor, at: number): Sighting {
    const naming = { boot: this.#boot, zone: this.zone, root: this.#inspection?.supervisor ?? actor };
    return new Sighting({ naming, actor, snapshot: actor.getSnapshot(), event: { type: 'xstate.init' }, at });
  }

  #told({ sighting, as }: Queued): Message[] {
    const message = sighting.as(as, this.#audience);
    if (this.#audience.dialect === 'stately') return [message];
    const gone = as !== '@xstate.event' && sighting.isEnd ? [sighting.gone()] : [];
    if (this.#machines.has(sighting.machine)) return [message, ...gone];
    this.#machines.add(sighting.machine);
    return [machineMessage(sighting.actor), message, ...gone];
  }

  #ours(messages: Message[]): Message[] {
    return this.#audience.dialect === 'page' ? messages : [];
  }
}

/** The actors of a zone, the session first that was asked for. */
function* firstOf(inspection: Inspection, session: string | null): Generator<ZoneActor, undefined> {
  const first = session === null ? undefined : inspection.session(session);
  if (first) yield first;
  yield* inspection.actors();
}
