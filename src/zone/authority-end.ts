// Whether authority has ended by an instant. While the clocks agree, ended authority is journaled as ended before a command is
// decided. While the wall clock disputes the time, such ends are not journaled, but authority that either clock ends is not
// active.
import type { AuthorityTime } from '../time/zone-time.ts';
import type { Actors } from './actors/actors.ts';
import type { EdgeRecord } from './actors/edges.ts';
import type { SessionRecord } from './actors/sessions.ts';
import { hasRowEnded, type Directory, type DirectoryTable } from './directory.ts';
import { hasEnded, type EndInstants } from '../authority/end-instants.ts';

interface Zone {
  readonly actors: Actors;
  readonly directory: Pick<Directory, 'row'>;
}

/**
 * The sessions and edges of a zone that are over at one moment. The end of a session also ends its descendants and the
 * edges at it. The end of an edge ends its child edges, and the end of a directory row ends its sessions.
 */
export class Ends {
  readonly #zone: Zone;
  readonly #at: AuthorityTime;
  /** Sessions that were looked at: a list looks at each once. */
  readonly #sessions = new Map<string, boolean>();

  constructor(zone: Zone, at: AuthorityTime) {
    this.#zone = zone;
    this.#at = at;
  }

  /** Whether a session may act: its state allows it, and neither it nor a session above is over. */
  letsAct(sessionId: string): boolean {
    const { sessions } = this.#zone.actors;
    const session = sessions.has(sessionId, 'acting') ? sessions.live(sessionId) : undefined;
    return session !== undefined && !this.isSessionOver(session);
  }

  isSessionOver(session: SessionRecord): boolean {
    const path: string[] = [];
    let isEnded = false;
    for (let each: SessionRecord | undefined = session; each && !isEnded; each = this.#parentOf(each)) {
      const known = this.#sessions.get(each.id);
      path.push(each.id);
      isEnded = known ?? this.#endsItself(each);
      if (known !== undefined) break;
    }
    for (const id of path) this.#sessions.set(id, isEnded);
    return isEnded;
  }

  isEdgeOver(edge: EdgeRecord): boolean {
    for (let each: EdgeRecord | undefined = edge; each; each = this.#parentEdgeOf(each)) {
      const { sourceSessionId, targetSessionId } = each.context;
      if (this.hasEnded(each) || this.#isNamedOver(sourceSessionId) || this.#isNamedOver(targetSessionId)) return true;
    }
    return false;
  }

  /** Returns whether the own end of a session or an edge has passed. */
  hasEnded({ context }: { readonly context: EndInstants }): boolean {
    return hasEnded(context, this.#at);
  }

  #endsItself(session: SessionRecord): boolean {
    const { applicationId, subjectSessionId } = session.context;
    return (
      this.hasEnded(session) ||
      this.#hasLapsed('application', applicationId) ||
      this.#hasLapsed('subject-session', subjectSessionId)
    );
  }

  #hasLapsed(table: DirectoryTable, name: string): boolean {
    const row = this.#zone.directory.row(table, name);
    return row !== undefined && hasRowEnded(row, this.#at);
  }

  #isNamedOver(sessionId: string): boolean {
    const session = this.#zone.actors.sessions.live(sessionId);
    return session !== undefined && this.isSessionOver(session);
  }

  #parentOf({ context: { parentId } }: SessionRecord): SessionRecord | undefined {
    return parentId === null ? undefined : this.#zone.actors.sessions.live(parentId);
  }

  #parentEdgeOf({ context: { parentEdgeId } }: EdgeRecord): EdgeRecord | undefined {
    return parentEdgeId === null ? undefined : this.#zone.actors.edges.live(parentEdgeId);
  }
}
