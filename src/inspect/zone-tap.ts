// The attachment to one zone's actor system: there while somebody views the zone, and only then. What happens is looked at
// once and handed to everybody's view.
import type { AnyMachineSnapshot, InspectionEvent } from 'xstate';
import type { Clock } from '../clock.ts';
import type { Inspection, SystemObserver, ZoneActor } from '../zone/inspection.ts';
import { Sighting } from './messages.ts';
import type { ZoneView } from './zone-view.ts';

/** Whose view it is. */
export interface Watching {
  /** There is something to take. */
  wake(): void;
  /** It will not be told any more: it has to come again. */
  end(): void;
}

export class ZoneTap implements SystemObserver {
  readonly #inspection: Inspection;
  readonly #boot: string;
  readonly #clock: Clock;
  readonly #views = new Map<ZoneView, Watching>();
  #detach: (() => void) | null = null;
  #state: unknown;

  constructor(inspection: Inspection, { boot, clock }: { readonly boot: string; readonly clock: Clock }) {
    this.#inspection = inspection;
    this.#boot = boot;
    this.#clock = clock;
  }

  add(view: ZoneView, watching: Watching): void {
    this.#views.set(view, watching);
    this.#state = this.#inspection.supervisor.getSnapshot().value;
    this.#detach ??= this.#inspection.attach(this);
    view.stands(this.#inspection);
    watching.wake();
  }

  remove(view: ZoneView): void {
    this.#views.delete(view);
    if (this.#views.size === 0) this.#letGo();
  }

  /** The zone has gone from memory. */
  end(): void {
    this.#letGo();
    for (const [view, watching] of this.#views) {
      view.stands(null);
      watching.wake();
    }
    this.#views.clear();
  }

  saw(event: InspectionEvent): void {
    if (event.type !== '@xstate.snapshot' && event.type !== '@xstate.event') return;
    const { supervisor, isShown } = this.#inspection;
    const actor = event.actorRef as ZoneActor;
    const isRoot = actor === supervisor;
    if (isRoot && event.type === '@xstate.snapshot') return this.#stateSeen(event.snapshot as AnyMachineSnapshot);
    if (isShown) this.#seen(event, { actor, isRoot });
  }

  failed(): void {
    for (const watching of this.#views.values()) watching.end();
  }

  #letGo(): void {
    this.#detach?.();
    this.#detach = null;
  }

  // Every change of a zone passes through its supervisor; it is told of when that leaves it in another state.
  #stateSeen({ value }: AnyMachineSnapshot): void {
    if (value === this.#state) return;
    this.#state = value;
    for (const [view, watching] of this.#views) {
      view.stands(this.#inspection);
      watching.wake();
    }
  }

  #seen(seen: Seen, { actor, isRoot }: { actor: ZoneActor; isRoot: boolean }): void {
    const isEvent = seen.type === '@xstate.event';
    let sighting: Sighting | null = null;
    for (const [view, watching] of this.#views) {
      if (isEvent && !view.interest.events) continue;
      sighting ??= this.#sighting(seen, actor);
      if (isEvent) view.sawEvent(sighting, isRoot);
      else view.saw(sighting);
      watching.wake();
    }
  }

  #sighting(seen: Seen, actor: ZoneActor): Sighting {
    const naming = { boot: this.#boot, zone: this.#inspection.zone, root: this.#inspection.supervisor };
    const snapshot = seen.type === '@xstate.event' ? actor.getSnapshot() : (seen.snapshot as AnyMachineSnapshot);
    return new Sighting({ naming, actor, snapshot, event: seen.event, at: this.#clock.now() });
  }
}

type Seen = Extract<InspectionEvent, { type: '@xstate.event' | '@xstate.snapshot' }>;
