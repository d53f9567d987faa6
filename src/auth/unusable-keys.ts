// The key files of the own issuer that are damaged or readable by other users. Each fails only the tokens of its zone. They
// are listed in `/ready` and, once for each reason, in the log.

export interface UnusableKey {
  /** The name of the file, which begins with the zone in lower case. */
  readonly file: string;
  readonly reason: string;
}

export class UnusableKeys {
  readonly #max: number;
  readonly #onFound: (key: UnusableKey, cause: unknown) => void;
  readonly #keys = new Map<string, UnusableKey>();

  /** `max`: files that are listed and logged. Beyond it, a file still fails the tokens of its zone. */
  constructor(max: number, onFound: (key: UnusableKey, cause: unknown) => void) {
    this.#max = max;
    this.#onFound = onFound;
  }

  add(file: string, cause: unknown): void {
    const isKnown = this.#keys.has(file);
    if (!isKnown && this.#keys.size >= this.#max) return;
    const key = { file, reason: 'The key file is damaged or may be read by others. See the log.' };
    this.#keys.set(file, key);
    if (!isKnown) this.#onFound(key, cause);
  }

  remove(file: string): void {
    this.#keys.delete(file);
  }

  list(): readonly UnusableKey[] {
    return [...this.#keys.values()];
  }
}
