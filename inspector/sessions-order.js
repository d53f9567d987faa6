// The sessions of a zone in the order of their trees: a parent, then everything below it, then its next sibling. It is walked
// without recursion: nobody promises that trees are shallow.

/** @typedef {{ readonly id: string, readonly depth: number, readonly children: number, readonly place: number, readonly of: number }} Row */

/**
 * @param {import('./world.js').World} world
 * @param {(id: string) => boolean} isOpen whether what is below a session is told too
 * @returns {Row[]}
 */
export const sessionsInOrder = (world, isOpen) => {
  const roots = [...world.ids('session')].filter((id) => {
    const session = world.actor(id);
    return session !== undefined && world.isRoot(session);
  });
  /** @type {Row[]} */
  const rows = [];
  const stack = siblings(roots, 0);
  for (let next = stack.pop(); next; next = stack.pop()) {
    const below = [...world.childrenOf(next.id)];
    rows.push({ ...next, children: below.length });
    if (below.length > 0 && isOpen(next.id)) stack.push(...siblings(below, next.depth + 1));
  }
  return rows;
};

/**
 * Last first, as a stack wants them.
 * @param {readonly string[]} ids
 * @param {number} depth
 */
const siblings = (ids, depth) => ids.map((id, index) => ({ id, depth, place: index + 1, of: ids.length })).toReversed();
