// Sets under a key, in the order their members came; a key without members is not kept.

const NONE: ReadonlySet<string> = new Set();

export class Index {
  readonly #sets = new Map<string, Set<string>>();

  add(key: string, id: string): void {
    const set = this.#sets.get(key);
    if (set) set.add(id);
    else this.#sets.set(key, new Set([id]));
  }

  delete(key: string, id: string): void {
    const set = this.#sets.get(key);
    if (set?.delete(id) && set.size === 0) this.#sets.delete(key);
  }

  /** The members under a key; do not keep it beyond the next change. */
  of(key: string): ReadonlySet<string> {
    return this.#sets.get(key) ?? NONE;
  }
}
