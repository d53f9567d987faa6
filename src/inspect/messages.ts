// What viewers are sent: the three messages of `@statelyai/inspect`, as it sends them itself, and a few of our own for our
// own page. A message that several viewers are to have alike is made once.
import type { AnyMachineSnapshot } from 'xstate';
import type { ZoneActor } from '../zone/inspection.ts';
import { Allowed, type Showable } from './allowed.ts';
import { definitionOf } from './definitions.ts';

/** The version of the package whose messages these are. */
export const INSPECT_VERSION = '0.7.2';

export interface Message {
  readonly type: string;
  /** JSON. */
  readonly text: string;
}

/** `stately`: exactly what inspectors of XState read. `page`: with the machine and our ids beside, and our own messages. */
export type Dialect = 'page' | 'stately';

/** Those who are sent the same. */
export class Audience {
  readonly key: string;
  readonly dialect: Dialect;
  readonly allowed: Allowed;

  constructor(dialect: Dialect, show: readonly Showable[]) {
    this.key = [dialect, ...new Set(show)].toSorted().join();
    this.dialect = dialect;
    this.allowed = new Allowed(show);
  }
}

/** What actors of one zone are called. XState counts them per process; a boot id tells those of another process apart. */
export interface Naming {
  readonly boot: string;
  readonly zone: string;
  readonly root: ZoneActor;
}

interface Happening {
  readonly naming: Naming;
  readonly actor: ZoneActor;
  readonly snapshot: AnyMachineSnapshot;
  readonly event: { readonly type: string };
  /** When it is told of, milliseconds since the epoch. */
  readonly at: number;
}

/** A sight of one actor at one moment, or of an event on its way to it. */
export class Sighting {
  readonly actor: ZoneActor;
  readonly #happening: Happening;
  #made: Map<string, Message> | null = null;

  constructor(happening: Happening) {
    this.actor = happening.actor;
    this.#happening = happening;
  }

  /** The actor has just begun. */
  get isBirth(): boolean {
    return this.#happening.event.type === 'xstate.init';
  }

  /** The actor is stopped after this. */
  get isEnd(): boolean {
    const { actor, naming, snapshot } = this.#happening;
    return actor !== naming.root && !snapshot.hasTag('live');
  }

  get context(): unknown {
    return this.#happening.snapshot.context;
  }

  get machine(): string {
    return this.actor.logic.id;
  }

  as(type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot', audience: Audience): Message {
    const key = `${type} ${audience.key}`;
    const known = this.#made?.get(key);
    if (known) return known;
    const message = { type, text: JSON.stringify({ type, ...this.#told(type, audience), ...this.#about(audience) }) };
    (this.#made ??= new Map()).set(key, message);
    return message;
  }

  /** Of our own: the actor is no more, which the messages of XState do not say. */
  gone(): Message {
    const type = 'coordinator.actor.gone';
    return { type, text: JSON.stringify({ type, ...this.#ours() }) };
  }

  #told(type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot', audience: Audience): object {
    const { naming, actor, event } = this.#happening;
    if (type === '@xstate.snapshot')
      return { event: audience.allowed.event(event), snapshot: this.#snapshot(audience) };
    // Only the supervisor sends to the others, and does so without being named as the sender.
    const parent = actor === naming.root ? {} : { id: idOf(naming, naming.root) };
    if (type === '@xstate.event') return { event: audience.allowed.event(event), sourceId: parent.id };
    const definition = audience.dialect === 'stately' ? { definition: definitionOf(actor.logic) } : {};
    return { name: nameOf(actor), parentId: parent.id, ...definition, snapshot: this.#snapshot(audience) };
  }

  #snapshot({ dialect, allowed }: Audience): object {
    const { value, context, status, tags } = this.#happening.snapshot;
    return {
      // Actors are stopped from outside, which their last snapshot cannot know.
      status: this.isEnd ? 'stopped' : status,
      value,
      context: allowed.context(this.machine, context),
      tags: [...tags],
      ...(dialect === 'stately' ? { historyValue: {}, children: {} } : {}),
    };
  }

  #about({ dialect }: Audience): object {
    const { naming, actor, at } = this.#happening;
    return {
      sessionId: idOf(naming, actor),
      rootId: idOf(naming, naming.root),
      id: null,
      createdAt: String(at),
      _version: INSPECT_VERSION,
      ...(dialect === 'page' ? this.#ours() : {}),
    };
  }

  #ours(): object {
    const { naming, actor } = this.#happening;
    return { sessionId: idOf(naming, actor), zone: naming.zone, machine: this.machine, actor: actor.id };
  }
}

const idOf = ({ boot }: Naming, { sessionId }: ZoneActor): string => `${boot}:${sessionId}`;

const nameOf = (actor: ZoneActor): string => `${actor.logic.id} ${actor.id}`;

/** Why a viewer is told of a zone: it has just come to watch it, the zone has changed, or it could not follow. */
export type ZoneReason = 'joined' | 'changed' | 'behind';

const own = (type: string, members: object): Message => ({ type, text: JSON.stringify({ type, ...members }) });

/** What was told of the zone's actors before counts no more. */
export const zoneMessage = (naming: Omit<Naming, 'root'>, state: string, reason: ZoneReason): Message =>
  own('coordinator.zone', { zone: naming.zone, boot: naming.boot, state, reason });

/** All that there is has been shown. */
export const syncedMessage = (zone: string, actors: number, leftOut: boolean): Message =>
  own('coordinator.synced', { zone, actors, leftOut });

/** A machine, before the first actor of it. */
export const machineMessage = ({ logic }: ZoneActor): Message =>
  own('coordinator.machine', { machine: logic.id, definition: definitionOf(logic) });
