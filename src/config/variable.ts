// What is known of one variable of the environment.
import type { Parser } from './parsers.ts';

/** One row: everything there is to know about a variable. */
export interface Variable<T> {
  readonly name: string;
  readonly parser: Parser<NonNullable<T>>;
  readonly fallback: T;
  readonly meaning: string;
  readonly unit: string | null;
  /** A secret is never shown, and may come from the file that `NAME_FILE` names. */
  readonly secret?: true;
}
