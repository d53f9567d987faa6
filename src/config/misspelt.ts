// Finds unknown environment variables whose name is close to a known one: a misspelt name would be ignored silently. Pure.
// Variables of a usual environment must not be reported, so short names have to match more closely than long ones.
import { variables, type Environment } from './config.ts';

export interface Misspelt {
  /** The name in the environment. */
  readonly name: string;
  /** The known variable that it is close to. */
  readonly known: string;
  readonly reason: 'spelling' | 'not_read_from_file';
}

/** Names that are checked. A person does not write an environment with more. */
const NAMES_MAX = 2_000;
const NAME_LENGTH_MAX = 100;

/** Shorter names are common words: one letter turns one into another. */
const LONG_NAME = 8;

/** Least length of a shared prefix of two words that identifies a variable of the coordinator. */
const PREFIX_LENGTH_MIN = 10;
const PREFIX_WORDS = 2;

/** For a variable with `fromFile`, the value may also come from the file that `NAME_FILE` names. */
interface KnownVariable {
  readonly name: string;
  readonly fromFile: boolean;
}

const KNOWN: readonly KnownVariable[] = Object.values(variables).map(({ name, secret = false }) => ({
  name,
  fromFile: secret,
}));

/** Returns the findings in the order of the environment. */
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

// Kubernetes sets such variables for every service, and a service may have a name like that of a known variable.
const isServiceLink = (name: string): boolean => /_(?:SERVICE_(?:HOST|PORT(?:_.*)?)|PORT(?:_\d+_.*)?)$/.test(name);

const isClose = (name: string, known: string): boolean =>
  plain(name) === plain(known) || isSlip(name, known) || isLonger(name, known) || sharesBeginning(name, known);

const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '').toUpperCase();

/** Whether one or two letters are added, missing, changed or swapped. */
const isSlip = (name: string, known: string): boolean => {
  const edits = distance(name.toUpperCase(), known);
  if (known.length >= LONG_NAME) return edits <= Math.min(3, Math.floor(Math.max(name.length, known.length) / 4));
  // One changed letter in a short name gives a different word: POST is not PORT.
  return edits === 1 && name[0] === known[0] && !isSubstitution(name, known);
};

const isSubstitution = (name: string, known: string): boolean =>
  name.length === known.length && Array.from(name).filter((letter, index) => letter !== known[index]).length === 1;

/** Whether the name is a known name with a suffix. */
const isLonger = (name: string, known: string): boolean => known.length >= LONG_NAME && name.startsWith(known);

/** Whether the first words are the same, as with a different unit: SHUTDOWN_GRACE_SECONDS. */
const sharesBeginning = (name: string, known: string): boolean => {
  const words = name.split('_').slice(0, PREFIX_WORDS);
  const beginning = words.join('_');
  // Clients of the coordinator read its address from such a variable.
  if (name.endsWith('_URL')) return false;
  return (
    words.length === PREFIX_WORDS && beginning.length >= PREFIX_LENGTH_MIN && `${known}_`.startsWith(`${beginning}_`)
  );
};

/** Returns the edit distance: letters inserted, deleted, changed, or swapped with their neighbour. */
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
