// The authority of a session, and what it may delegate without naming a parent edge. A missing edge never widens authority.
//
// | Session                                                     | Authority                             |
// | ----------------------------------------------------------- | ------------------------------------- |
// | a root that never received an edge                          | own: that of its application          |
// | a child without an edge, while its parent acts with own     | own                                   |
// | a child without an edge under a parent with received / none | none                                  |
// | a child that starts with an edge mirrored from its parent   | received                              |
// | any session from the first edge it receives                 | received, also after the edge lapsed  |
// | a descendant with own, once a session above receives an edge| none, until it receives one itself    |
//
// The application of a child and `parent_authority` do not matter here: they only decide whether an edge is mirrored.
//
// | Acts with                    | Parent of a new edge from the session      |
// | ---------------------------- | ------------------------------------------ |
// | own                          | no edge: the new edge starts a chain       |
// | received, edges live         | one of these edges, and narrows it         |
// | received, all lapsed; none   | refused: there is nothing to delegate      |
//
// All descendants of a session with `received` or `none` therefore have `received` or `none`.
import type { SessionAuthority } from '../../machines/agent-session.ts';

/** Returns the authority of a new session. `parent` is the authority of its parent; null for a root. */
export const authorityAtStart = (parent: SessionAuthority | null, carriesEdge: boolean): SessionAuthority => {
  if (carriesEdge) return 'received';
  return parent === null || parent === 'own' ? 'own' : 'none';
};

/** Whether an edge from the session needs no parent edge. */
export const startsLines = (authority: SessionAuthority): boolean => authority === 'own';
