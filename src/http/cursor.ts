// The cursor of a list: a place in the order of its rows. The row at that place may end or be forgotten between two pages;
// the list continues from the place. Only the form of a cursor is checked. Whether the row exists is not, so a cursor
// reveals nothing about rows that the caller must not see.

/** What the rows of a list are ordered by: ids that the coordinator makes, names that callers give, journal sequences, or the several lists of a walk over the graph. */
export type CursorOrder = 'id' | 'name' | 'sequence' | 'walk';

const FORMS: Readonly<Record<CursorOrder, RegExp>> = {
  // RFC 9562, section 4, in lower case.
  id: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  name: /^[A-Za-z0-9_.\-:]{1,128}$/,
  sequence: /^[1-9][0-9]{0,14}$/,
  walk: /^[0-5]\..{1,300}$/su,
};

/** Whether the text has the form of a cursor of such a list. */
export const isCursor = (text: string, order: CursorOrder): boolean => FORMS[order].test(text);
