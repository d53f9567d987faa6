// Variables of the environment that are not known but close to a known one: a misspelt name would be ignored without a word. Pure.
// What a usual environment has must not be taken for a mistake, so short names have to match more closely than long ones.
import { variables, type Environment } from './config.ts';

export interface Misspelt {
  /** As it stands in the environment. */
  readonly name: string;
  /** The known variable that it is close to. */
  readonly known: string;
  readonly reason: 'spelling' | 'not_read_from_file';
}

/** Names that are looked at; an environment with more is not one that a person wrote. */
const NAMES_MAX = 2_000;
const NAME_LENGTH_MAX = 100;

/** Names shorter than this are common words, of which one letter makes another. */
const LONG_NAME = 8;

/** A beginning of two words and this length is one of ours. */
const PREFIX_LENGTH_MIN = 10;
const PREFIX_WORDS = 2;

/** Of `fromFile` the value may also come from the file that `NAME_FILE` names. */
interface KnownVariable {
  readonly name: string;
  readonly fromFile: boolean;
}

const KNOWN: readonly KnownVariable[] = Object.values(variables).map(({ name, secret = false }) => ({
  name,
  fromFile: secret,
}));

/** In the order of the environment. */
export const misspeltNames = (env: Environment, known = KNOWN): readonly Misspelt[] => {
  const names = new Set(known.flatMap(({ name, fromFile }) => (fromFile ? [name, `${name}_FILE`] : [name])));
  return Object.keys(env)
    .slice(0, NAMES_MAX)
    .filter((name) => name.length <= NAME_LENGTH_MAX && !names.has(name) && !isServiceLink(name))
    .flatMap((name) => misspeltName(name, known, names));
};

const misspeltName = (name: string, known: readonly KnownVariable[], names: ReadonlySet<string>): Misspelt[] => {
  const base = known.find((each) => !each.fromFile && name === `${each.name}_FILE`);
  if (base) return [{ name, known: base.name, reason: 'not_read_from_file' }];
  const closest = closestOf(name, names);
  return closest === null ? [] : [{ name, known: closest, reason: 'spelling' }];
};

const closestOf = (name: string, names: ReadonlySet<string>): string | null => {
  const close = [...names].filter((known) => isClose(name, known));
  const [closest] = close.toSorted((a, b) => distance(name, a) - distance(name, b));
  return closest ?? null;
};

// Kubernetes makes such variables for every service, which may be called as ours are.
const isServiceLink = (name: string): boolean => /_(?:SERVICE_(?:HOST|PORT(?:_.*)?)|PORT(?:_\d+_.*)?)$/.test(name);

const isClose = (name: string, known: string): boolean =>
  plain(name) === plain(known) || isSlip(name, known) || isLonger(name, known) || sharesBeginning(name, known);

const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '').toUpperCase();

/** A letter or two too many, missing, changed or swapped. */
const isSlip = (name: string, known: string): boolean => {
  const edits = distance(name.toUpperCase(), known);
  if (known.length >= LONG_NAME) return edits <= Math.min(3, Math.floor(Math.max(name.length, known.length) / 4));
  // Another letter in a short name makes another word: POST is not PORT.
  return edits === 1 && name[0] === known[0] && !isSubstitution(name, known);
};

const isSubstitution = (name: string, known: string): boolean =>
  name.length === known.length && Array.from(name).filter((letter, index) => letter !== known[index]).length === 1;

/** A known name with something behind it. */
const isLonger = (name: string, known: string): boolean => known.length >= LONG_NAME && name.startsWith(known);

/** The same first words, such as in another unit: SHUTDOWN_GRACE_SECONDS. */
const sharesBeginning = (name: string, known: string): boolean => {
  const words = name.split('_').slice(0, PREFIX_WORDS);
  const beginning = words.join('_');
  // Clients of the coordinator are told its address by such a name.
  if (name.endsWith('_URL')) return false;
  return (
    words.length === PREFIX_WORDS && beginning.length >= PREFIX_LENGTH_MIN && `${known}_`.startsWith(`${beginning}_`)
  );
};

/** Edits that make one of the other: a letter more, less, changed, or swapped with its neighbour. */
const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, changed, swapped));
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
};
