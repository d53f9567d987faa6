// A zone as somebody sees it who only looks: its supervisor, its actors, and what happens in their system. Looking changes
// nothing: what an observer throws stays here, since XState would let it break the `send` that was being observed. Nobody
// observes, and nothing is paid, until somebody attaches.
import type { Logger } from 'pino';
import type { Actor, AnyStateMachine, InspectionEvent } from 'xstate';
import type { ZoneMemory } from './memory.ts';

export type ZoneActor = Actor<AnyStateMachine>;

export interface SystemObserver {
  /** Hears of everything in the zone's actor system while it happens. May neither send to an actor nor change what it sees. */
  saw(event: InspectionEvent): void;
  /** It threw, and hears no more. */
  failed(): void;
}

export class Inspection {
  readonly zone: string;
  readonly #memory: ZoneMemory;
  readonly #stored: () => Promise<void> | undefined;
  readonly #log: Logger;

  constructor(memory: ZoneMemory, { stored, log }: { stored: () => Promise<void> | undefined; log: Logger }) {
    this.zone = memory.zone;
    this.#memory = memory;
    this.#stored = stored;
    this.#log = log;
  }

  /** The root of the zone's actor system; the same for as long as the zone is in memory, through faults and restarts. */
  get supervisor(): ZoneActor {
    return this.#memory.supervisor;
  }

  /** Whether what is in memory is what the zone serves. While it is read from disk, or is wrong, it is nobody's to see. */
  get isShown(): boolean {
    return this.#memory.supervisor.getSnapshot().hasTag('answers');
  }

  /** Resolves when all that can be seen now is on disk, undefined when it is; rejects when it will never be. */
  stored(): Promise<void> | undefined {
    return this.#stored();
  }

  /** Everything that lives here now. Whoever pauses in between sees what has come meanwhile, or some of it, and nothing that has gone. */
  actors(): Iterable<ZoneActor> {
    return this.#memory.actors.actors();
  }

  /** A live session. */
  session(id: string): ZoneActor | undefined {
    return this.#memory.actors.sessions.actor(id);
  }

  /** The result detaches. */
  attach(observer: SystemObserver): () => void {
    const next = (event: InspectionEvent): void => {
      try {
        observer.saw(event);
      } catch (error) {
        attached.unsubscribe();
        this.#log.error({ zone: this.zone, err: error }, 'an observer failed, and observes no more');
        observer.failed();
      }
    };
    const attached = this.#memory.supervisor.system.inspect({ next });
    return () => attached.unsubscribe();
  }
}
