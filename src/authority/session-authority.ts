// What a session acts with, and what it may hand on without naming a parent edge. The absence of an edge never widens.
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
// The application of a child and `parent_authority` change nothing here: they only decide whether an edge is mirrored.
//
// | Acts with                    | A new edge from the session stands on      |
// | ---------------------------- | ------------------------------------------ |
// | own                          | nothing: the edge starts a line            |
// | received, edges live         | one of these edges, and narrows it         |
// | received, all lapsed; none   | refused: there is nothing to hand on       |
//
// A session with `received` or `none` therefore has only such sessions below it.
import type { SessionAuthority } from '../../machines/agent-session.ts';

/** What a session starts with. `parent` is what its parent acts with; null for a root. */
export const authorityAtStart = (parent: SessionAuthority | null, carriesEdge: boolean): SessionAuthority => {
  if (carriesEdge) return 'received';
  return parent === null || parent === 'own' ? 'own' : 'none';
};

/** Whether an edge from the session may stand on no other edge. */
export const startsLines = (authority: SessionAuthority): boolean => authority === 'own';
