// What the page knows of one zone: its actors, as the frames told. Views ask it and are told once a picture that something has
// changed, however many frames came meanwhile.

import { statusOf } from './words.js';

/**
 * @typedef {'zone' | 'session' | 'service' | 'invocation' | 'edge'} Kind
 * @typedef {{
 *   readonly sessionId: string,
 *   readonly id: string,
 *   readonly kind: Kind,
 *   value: unknown,
 *   tags: readonly string[],
 *   context: Readonly<Record<string, any>>,
 *   ended: boolean,
 * }} Actor
 */

/** What has ended stays in sight for a while: the latest of each kind. */
export const ENDED_IN_SIGHT_MAX = 200;

/** @type {Readonly<Record<string, Kind>>} */
const KIND_OF = {
  'agent-session': 'session',
  'service-agent': 'service',
  invocation: 'invocation',
  delegation: 'edge',
  'zone-supervisor': 'zone',
};

export class World {
  /** @type {Map<string, Actor>} by the id that frames use */
  #bySession = new Map();
  /** @type {Map<string, Actor>} */
  #byId = new Map();
  /** @type {Record<Kind, Set<string>>} */
  #ofKind = kinds();
  /** @type {Record<Kind, Set<string>>} */
  #ended = kinds();
  /** @type {Map<string, Set<string>>} */
  #children = new Map();
  /** @type {Set<() => void>} */
  #views = new Set();
  #changed = false;
  /** Rises with every actor that comes or goes. */
  shape = 0;
  /** As the zone's supervisor is, or nothing before that was told. Actors are shown of a zone that serves. */
  state = '';
  /** What the coordinator said when it had shown all there was. @type {{ actors: number, leftOut: boolean } | null} */
  synced = null;

  /** @param {() => void} draw called at most once a picture */
  watch(draw) {
    this.#views.add(draw);
  }

  /** Everything is forgotten: the coordinator tells it anew. */
  clear() {
    this.#bySession.clear();
    this.#byId.clear();
    this.#ofKind = kinds();
    this.#ended = kinds();
    this.#children.clear();
    this.synced = null;
    this.state = '';
    this.#touch(true);
  }

  /** @param {import('./stream.js').Frame} frame */
  take({ type, data }) {
    if (type === '@xstate.actor') this.#come(data);
    else if (type === '@xstate.snapshot') this.#move(data);
    else if (type === 'coordinator.actor.gone') this.#go(data.sessionId);
    // What was told before counts no more: the zone was read anew, or the page could not keep up.
    else if (type === 'coordinator.zone') this.#begin(String(data.state));
    else if (type === 'coordinator.synced') this.#sync(data);
  }

  /** @param {string} id */
  actor(id) {
    return this.#byId.get(id);
  }

  /**
   * The ids of all of a kind, in the order they came.
   * @param {Kind} kind
   */
  ids(kind) {
    return this.#ofKind[kind];
  }

  /**
   * The sessions that a session started, in that order.
   * @param {string} id
   * @returns {Iterable<string>}
   */
  childrenOf(id) {
    return this.#children.get(id) ?? [];
  }

  /** Whether a session stands at the top, or its parent is not known here. @param {Actor} session */
  isRoot({ context: { parentId } }) {
    return typeof parentId !== 'string' || !this.#byId.has(parentId);
  }

  /** @param {string} state */
  #begin(state) {
    this.clear();
    this.state = state;
  }

  /** @param {any} frame */
  #sync({ actors, leftOut }) {
    this.synced = { actors, leftOut };
    this.#touch(false);
  }

  /**
   * What to say where there are none of a kind: that is known only of a zone that answers.
   * @param {string} one
   */
  noneOf(one) {
    if (this.state === 'serving' || this.state === 'readOnly') return `No ${one}s`;
    return this.state === '' ? 'Not known yet' : `Not shown while the zone is ${this.state}`;
  }

  /** @param {any} frame */
  #come({ sessionId, machine, actor: id, snapshot }) {
    const kind = KIND_OF[machine];
    if (!kind) return;
    const known = this.#byId.get(id);
    if (known) this.#forget(known);
    /** @type {Actor} */
    const actor = { sessionId, id, kind, value: null, tags: [], context: {}, ended: false };
    this.#bySession.set(sessionId, actor);
    this.#byId.set(id, actor);
    this.#ofKind[kind].add(id);
    this.#take(actor, snapshot);
    const { parentId } = actor.context;
    if (kind === 'session' && typeof parentId === 'string') {
      const siblings = this.#children.get(parentId) ?? new Set();
      this.#children.set(parentId, siblings.add(id));
    }
    this.#touch(true);
  }

  /** @param {any} frame */
  #move({ sessionId, snapshot }) {
    const actor = this.#bySession.get(sessionId);
    if (!actor) return;
    this.#take(actor, snapshot);
    this.#touch(false);
  }

  /** @param {string} sessionId */
  #go(sessionId) {
    const actor = this.#bySession.get(sessionId);
    if (!actor) return;
    this.#end(actor);
    this.#touch(false);
  }

  /**
   * @param {Actor} actor
   * @param {any} snapshot
   */
  #take(actor, snapshot) {
    if (!snapshot) return;
    actor.value = snapshot.value;
    actor.tags = snapshot.tags ?? [];
    actor.context = snapshot.context ?? {};
  }

  /** @param {Actor} actor */
  #end(actor) {
    if (actor.ended) return;
    actor.ended = true;
    const ended = this.#ended[actor.kind].add(actor.id);
    const [oldest] = ended;
    const last = ended.size > ENDED_IN_SIGHT_MAX && oldest !== undefined ? this.#byId.get(oldest) : undefined;
    if (last) this.#forget(last);
  }

  /** @param {Actor} actor */
  #forget({ id, sessionId, kind, context: { parentId } }) {
    this.#bySession.delete(sessionId);
    this.#byId.delete(id);
    this.#ofKind[kind].delete(id);
    this.#ended[kind].delete(id);
    if (typeof parentId === 'string') this.#children.get(parentId)?.delete(id);
    this.#touch(true);
  }

  /** @param {boolean} shape */
  #touch(shape) {
    if (shape) this.shape += 1;
    if (this.#changed) return;
    this.#changed = true;
    nextPicture(() => {
      this.#changed = false;
      for (const draw of this.#views) draw();
    });
  }
}

/** @returns {Record<Kind, Set<string>>} */
const kinds = () => ({
  zone: new Set(),
  session: new Set(),
  service: new Set(),
  invocation: new Set(),
  edge: new Set(),
});

/** A page that is not looked at draws no pictures, and still has to keep up. */
const HIDDEN_PICTURE_MS = 1_000;

/** @param {() => void} draw */
const nextPicture = (draw) => {
  if (document.hidden) setTimeout(draw, HIDDEN_PICTURE_MS);
  else requestAnimationFrame(draw);
};

/**
 * The session that an actor is or stands on, if there is one.
 * @param {Actor | undefined} actor
 * @returns {string | null}
 */
export const sessionOf = (actor) => {
  if (actor?.kind === 'session') return actor.id;
  const { targetSessionId, sourceSessionId } = actor?.context ?? {};
  return targetSessionId ?? sourceSessionId ?? null;
};

/** @param {Actor} actor */
export const status = (actor) => statusOf(actor.value);
