// The ids of a zone's sessions in byte order, for lists with a cursor. Ids are made in rising order, so adding is nearly
// always a push; removing leaves a gap that is closed when gaps outnumber ids, so that neither ever costs a shift.

const GAPS_MIN = 64;

export class OrderedIds {
  #ids: string[] = [];
  readonly #present = new Set<string>();

  add(id: string): void {
    if (this.#present.has(id)) return;
    const last = this.#ids.at(-1);
    if (last === undefined || last < id) this.#ids.push(id);
    else this.#insert(id);
    this.#present.add(id);
  }

  delete(id: string): void {
    if (!this.#present.delete(id)) return;
    const gaps = this.#ids.length - this.#present.size;
    if (gaps > GAPS_MIN && gaps > this.#present.size) this.#ids = this.#ids.filter((each) => this.#present.has(each));
  }

  /** Ids below `before` (all of them when absent), the greatest first. Do not add or delete while iterating. */
  *descending(before?: string): Generator<string> {
    for (let index = before === undefined ? this.#ids.length : this.#position(before); index > 0; index -= 1) {
      const id = this.#ids[index - 1];
      if (id !== undefined && this.#present.has(id)) yield id;
    }
  }

  /** Returns at most `most` ids above `after`, the least first. */
  ascending(after: string, most: number): string[] {
    const found: string[] = [];
    for (let index = this.#position(after); index < this.#ids.length && found.length < most; index += 1) {
      const id = this.#ids[index];
      if (id !== undefined && id > after && this.#present.has(id)) found.push(id);
    }
    return found;
  }

  #insert(id: string): void {
    const position = this.#position(id);
    // A gap left by this very id is taken again rather than doubled.
    if (this.#ids[position] !== id) this.#ids.splice(position, 0, id);
  }

  /** The index of the first id that is not below `id`. */
  #position(id: string): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] as string) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
