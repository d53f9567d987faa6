// The words and marks for what an actor is and how it is. A mark says by its form what a colour says beside it.

/** @typedef {import('./world.js').Actor} Actor */

/** @type {Readonly<Record<string, { mark: string, tone: string }>>} */
const LOOKS = {
  active: { mark: '●', tone: 'good' },
  suspended: { mark: '◐', tone: 'held' },
  terminated: { mark: '✕', tone: 'over' },
  healthy: { mark: '●', tone: 'good' },
  degraded: { mark: '◐', tone: 'held' },
  unhealthy: { mark: '✕', tone: 'bad' },
  pending: { mark: '○', tone: 'waiting' },
  running: { mark: '●', tone: 'good' },
  completed: { mark: '✓', tone: 'over' },
  cancelled: { mark: '✕', tone: 'over' },
  revoked: { mark: '✕', tone: 'over' },
  expired: { mark: '✕', tone: 'over' },
  serving: { mark: '●', tone: 'good' },
  faulted: { mark: '✕', tone: 'bad' },
};

const UNKNOWN = { mark: '◌', tone: 'waiting' };

/** @param {string} status */
export const lookOf = (status) => LOOKS[status] ?? UNKNOWN;

/**
 * A state value as a way with dots: `suspended.own`.
 * @param {unknown} value
 * @returns {string}
 */
export const stateName = (value) => {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[key, within] = ['', '']] = Object.entries(value);
  return `${key}.${stateName(within)}`;
};

/**
 * The state that callers see: the outermost.
 * @param {unknown} value
 */
export const statusOf = (value) => stateName(value).split('.')[0] ?? '';

/**
 * An id for people: UUIDs of one second begin alike and differ at the end.
 * @param {string} id
 */
export const shortId = (id) => (id.length > 13 ? `…${id.slice(-12)}` : id);

/** @type {Readonly<Record<string, string>>} */
const KINDS = {
  session: 'Session',
  service: 'Service',
  invocation: 'Invocation',
  edge: 'Delegation edge',
  zone: 'Zone',
};

/** @param {string} kind */
export const kindName = (kind) => KINDS[kind] ?? kind;

/**
 * @param {number} count
 * @param {string} one
 */
export const counted = (count, one) => `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
