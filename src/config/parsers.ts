// How the text of one environment variable becomes a value. Each parser says in words what it allows, so that the sentence
// about a bad value and the table in the documentation cannot differ from what is checked.

export interface Parser<T> {
  /** What is allowed, to stand after "must be". */
  readonly allowed: string;
  /** The value, or undefined when the text is not one that is allowed. */
  parse(text: string): T | undefined;
}

/** Decimal digits only: `1e3`, ` 5 ` and `0x10` are more often a mistake than a number. */
export const wholeNumber = (min: number, max: number): Parser<number> => ({
  allowed: `a whole number from ${min} to ${max}`,
  parse(text) {
    const value = Number(text);
    return /^\d{1,15}$/.test(text) && value >= min && value <= max ? value : undefined;
  },
});

/** Decimal digits with at most one point, such as `90` or `0.0001`. */
export const positiveNumber = (max: number): Parser<number> => ({
  allowed: `a number above 0 and at most ${max}, such as 7 or 0.25`,
  parse(text) {
    const value = Number(text);
    return /^\d{1,15}(?:\.\d{1,15})?$/.test(text) && value > 0 && value <= max ? value : undefined;
  },
});

export const oneOf = <const Word extends string>(words: readonly Word[], note = ''): Parser<Word> => ({
  allowed: (words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`) + note,
  parse: (text) => words.find((word) => word === text),
});

export const matching = (pattern: RegExp, allowed: string): Parser<string> => ({
  allowed,
  parse: (text) => (pattern.test(text) ? text : undefined),
});

/** A secret that a bearer carries. Only its length prevents guessing. */
export const bearer = matching(/^[\x21-\x7e]{16,4096}$/, '16 to 4096 visible ASCII characters without spaces');

/** An absolute http(s) URL, kept as it was written: an issuer is compared character by character (RFC 7519 section 4.1.1). */
export const webUrl: Parser<string> = {
  allowed: 'an http or https URL without user, query or fragment',
  parse: (text) => (isPlainWebUrl(text) ? text : undefined),
};

/** A web URL that paths are appended to. */
export const baseUrl: Parser<string> = {
  allowed: webUrl.allowed,
  parse: (text) => webUrl.parse(text)?.replace(/\/$/, ''),
};

/** Whether a text is an http(s) URL without user, query and fragment. */
export function isPlainWebUrl(text: string): boolean {
  if (/[\s?#]/.test(text) || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
