// `If-Match` and `If-None-Match` as they come over the wire: `*`, or a list of entity tags (RFC 9110, sections 5.6.1, 8.8.3,
// 13.1.1 and 13.1.2). A header that is neither says nothing that could be held to, and is refused.
import type { IncomingMessage } from 'node:http';
import { refuse, type Refusal } from '../refusals.ts';
import type { Conditions, EntityTag, TagList } from '../zone/conditions.ts';

/** Null when there are none. */
export const readConditions = ({ headers }: Pick<IncomingMessage, 'headers'>): Conditions | null | Refusal => {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match === undefined && noneMatch === undefined) return null;
  const ifMatch = match === undefined ? null : tagsIn(match);
  const ifNoneMatch = noneMatch === undefined ? null : tagsIn(noneMatch);
  return ifMatch === undefined || ifNoneMatch === undefined ? refuse('invalid_condition') : { ifMatch, ifNoneMatch };
};

// Several lines of one header are one list; Node joins them. Nothing may stand between quotes that would end them.
// oxlint-disable-next-line no-control-regex
const TAG = /[\t ,]*(?<weak>W\/)?"(?<opaque>[\u0021\u0023-\u007e\u0080-\u00ff]*)"[\t ]*(?=,|$)/gy;
const EMPTY_ELEMENTS = /^[\t ,]*$/;

const tagsIn = (header: string): TagList | undefined => {
  if (header.trim() === '*') return '*';
  const found = [...header.matchAll(TAG)];
  const read = found.reduce((length, [text]) => length + text.length, 0);
  const isWhole = found.length > 0 && EMPTY_ELEMENTS.test(header.slice(read));
  return isWhole ? found.map(({ groups = {} }) => tagOf(groups)) : undefined;
};

const tagOf = ({ weak, opaque = '' }: Readonly<Record<string, string | undefined>>): EntityTag => ({
  opaque,
  weak: weak !== undefined,
});

/** A tag of ours as it stands in `ETag`. */
export const quoted = (tag: string): string => `"${tag}"`;
