// The rows of the directory that changed since the last checkpoint. Rows are immutable, so a checkpoint that is under way
// needs no copies: a row that changes before its turn is kept in two versions, and the older one is stored.
import { rowId, type DirectoryRow, type DirectoryTable } from '../directory.ts';
import { registeredBytes } from '../sizes.ts';
import { Pace } from './pace.ts';

export interface NamedRow {
  readonly table: DirectoryTable;
  readonly name: string;
  readonly row: DirectoryRow<DirectoryTable>;
}

/** A row as it is since entry `seq`. */
interface Version extends NamedRow {
  readonly seq: number;
}

export class UnstoredRows {
  /** Versions by table and name, oldest first: the one of the checkpoint under way, and the newest. */
  readonly #versions = new Map<string, readonly Version[]>();
  #bytes = 0;
  #bytesTaken = 0;
  /** The last entry of the checkpoint that is under way; 0 while none is. */
  #upTo = 0;

  change(changed: NamedRow, seq: number): void {
    const id = rowId(changed.table, changed.name);
    const older = this.#ofCheckpoint(this.#versions.get(id) ?? []);
    this.#versions.set(id, [...(older ? [older] : []), { ...changed, seq }]);
    this.#bytes += registeredBytes(changed.name, changed.row);
  }

  /** Bytes of all changes since the last checkpoint; a row counts once for each change. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A checkpoint of everything up to entry `upTo` begins. That is the last entry: all rows here belong to it. */
  begin(upTo: number): void {
    this.#upTo = upTo;
    this.#bytesTaken = this.#bytes;
  }

  /** The rows of the checkpoint that has begun; may be iterated over many turns of the event loop. */
  *take(): Generator<NamedRow> {
    // A row that was unchanged when the checkpoint began comes after all that belong to it.
    for (const versions of this.#versions.values()) {
      const version = this.#ofCheckpoint(versions);
      if (!version) return;
      yield version;
    }
  }

  /** The checkpoint is durable: only newer versions stay. */
  async stored(): Promise<void> {
    const pace = new Pace();
    for (const [id, versions] of this.#versions) {
      const newer = versions.filter(({ seq }) => seq > this.#upTo);
      if (newer.length === versions.length) break;
      if (newer.length > 0) this.#versions.set(id, newer);
      else this.#versions.delete(id);
      await pace.step();
    }
    this.#bytes -= this.#bytesTaken;
    this.#bytesTaken = 0;
    this.#upTo = 0;
  }

  /** The checkpoint failed: the next one stores the newest versions. */
  failed(): void {
    this.#upTo = 0;
  }

  clear(): void {
    this.#versions.clear();
    this.#bytes = 0;
    this.#bytesTaken = 0;
    this.#upTo = 0;
  }

  /** The version that the checkpoint under way stores. */
  #ofCheckpoint(versions: readonly Version[]): Version | undefined {
    return versions.findLast(({ seq }) => seq <= this.#upTo);
  }
}
