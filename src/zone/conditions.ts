// What a caller makes its request depend on (RFC 9110, section 13.1): that what it names is, or is no longer, as the caller saw
// it. A change is held to it in the turn in which it is decided, so that nobody can come between the look and the change.

/** An entity tag as it was sent, without its quotes. */
export interface EntityTag {
  readonly opaque: string;
  readonly weak: boolean;
}

/** `*` is whatever there is. */
export type TagList = '*' | readonly EntityTag[];

/** Null where nothing of the kind was asked for. */
export interface Conditions {
  readonly ifMatch: TagList | null;
  readonly ifNoneMatch: TagList | null;
}

/** The first condition that does not hold for the tag of what is there (null where nothing is), in the order of section 13.2.2. */
export const unmetBy = (tag: string | null, { ifMatch, ifNoneMatch }: Conditions): keyof Conditions | null => {
  if (ifMatch !== null && !names(ifMatch, tag, isStrong)) return 'ifMatch';
  return ifNoneMatch !== null && names(ifNoneMatch, tag, isAny) ? 'ifNoneMatch' : null;
};

/** Section 8.8.3.2: a weak tag never compares as strong. Our own are all strong. */
const isStrong = ({ weak }: EntityTag): boolean => !weak;
const isAny = (): boolean => true;

const names = (list: TagList, tag: string | null, counts: (each: EntityTag) => boolean): boolean => {
  if (tag === null) return false;
  return list === '*' || list.some((each) => counts(each) && each.opaque === tag);
};
