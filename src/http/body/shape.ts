// Scans JSON text before it is parsed: whether it nests too deep, and whether it has a number that needs an exact check.
// It does not check whether the text is valid JSON.

export interface Shape {
  readonly nestsTooDeep: boolean;
  /** Whether a number outside strings has an exponent or more digits than every safe integer. */
  readonly hasLongNumber: boolean;
}

/** Every integer of up to 15 digits is below 2^53. */
const SAFE_DIGITS = 15;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const NINE = 0x39;

export const shapeOf = (text: string, depthMax: number): Shape => {
  let depth = 0;
  let digits = 0;
  let hasLongNumber = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= ZERO && code <= NINE) {
      digits += 1;
      if (digits > SAFE_DIGITS) hasLongNumber = true;
      continue;
    }
    if (digits > 0 && isExponent(code)) hasLongNumber = true;
    digits = 0;
    if (code === QUOTE) index = endOfString(text, index);
    else depth += stepOf(code);
    if (depth > depthMax) return { nestsTooDeep: true, hasLongNumber };
  }
  return { nestsTooDeep: false, hasLongNumber };
};

/** Returns the index of the quote that ends the string at `start`; the length of the text if there is none. */
export const endOfString = (text: string, start: number): number => {
  let index = start + 1;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) return index;
    index += code === BACKSLASH ? 2 : 1;
  }
  return text.length;
};

// e and E.
const isExponent = (code: number): boolean => code === 0x65 || code === 0x45;

// [ and {, ] and }.
const stepOf = (code: number): number => {
  if (code === 0x5b || code === 0x7b) return 1;
  return code === 0x5d || code === 0x7d ? -1 : 0;
};
