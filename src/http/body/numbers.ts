// Finds the numbers in valid JSON text that a double cannot represent. This needs the text: after parsing,
// 9007199254740993 is 9007199254740992 and 1e400 is infinite. Decimals may be rounded to the nearest double.
import type { Issue } from '../../schemas/validation.ts';
import { endOfString } from './shape.ts';

const ISSUES_MAX = 20;

/** Characters of one member name that an issue repeats. */
const NAME_LENGTH_MAX = 255;

const MESSAGE = 'is not a number that a double can hold: send it as a string';

/** One element of a path: a member name as in the text, with its quotes, or an array index. */
type Place = string | number;

/** Returns at most 20 issues. The text must have passed `JSON.parse`. */
export const numbersOutOfRange = (text: string): readonly Issue[] => {
  const issues: Issue[] = [];
  const places: Place[] = [];
  for (let index = 0; index < text.length && issues.length < ISSUES_MAX; index += 1) {
    const end = endOfScalar(text, index);
    if (end > index) {
      const scalar = text.slice(index, end);
      if (scalar.startsWith('"')) noteName(places, scalar);
      else if (!isHeld(scalar)) issues.push({ path: places.map(shown), message: MESSAGE });
      index = end - 1;
    } else step(places, text.charAt(index));
  }
  return issues;
};

/** Returns the end of the string or number that begins at `index`; `index` itself if neither begins there. */
const endOfScalar = (text: string, index: number): number => {
  if (text[index] === '"') return endOfString(text, index) + 1;
  let end = index;
  while (end < text.length && isOfNumber(text.charAt(end), end === index)) end += 1;
  return end;
};

const isOfNumber = (character: string, isFirst: boolean): boolean =>
  (isFirst ? '-0123456789' : '+-.0123456789eE').includes(character);

// In an object a name comes before each value, and a string that is a value changes no path: the next name replaces it.
const noteName = (places: Place[], name: string): void => {
  if (typeof places.at(-1) === 'string') places[places.length - 1] = name;
};

const step = (places: Place[], character: string): void => {
  const last = places.at(-1);
  if (character === '{') places.push('""');
  else if (character === '[') places.push(0);
  else if (character === '}' || character === ']') places.pop();
  else if (character === ',' && typeof last === 'number') places[places.length - 1] = last + 1;
};

const shown = (place: Place): string =>
  typeof place === 'number' ? String(place) : String(JSON.parse(place)).slice(0, NAME_LENGTH_MAX);

/**
 * Whether a double represents a JSON number. It must be finite. Up to 2^53 - 1 in size it is exact, or a rounded decimal.
 * Beyond, it must have a fraction or exponent and the same digits when written again (1e20, 1.5e300).
 */
export const isHeld = (literal: string): boolean => {
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return true;
  return /[.eE]/.test(literal) && digitsOf(literal) === digitsOf(String(value));
};

/** Returns the significant digits of a number, without sign, point, exponent, and zeros at either end. */
const digitsOf = (literal: string): string => {
  const [mantissa = ''] = literal.split(/[eE]/, 1);
  const digits = mantissa.replaceAll(/[-.]/g, '');
  let start = 0;
  let end = digits.length;
  while (digits[start] === '0') start += 1;
  while (end > start && digits[end - 1] === '0') end -= 1;
  return digits.slice(start, end);
};
