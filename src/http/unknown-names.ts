// Finds names in a request that its route does not know. They matter: a misspelt member can create a root in place of a
// child, and a misspelt filter returns everything. With `Prefer: handling=strict` (RFC 7240) unknown names are refused;
// otherwise they are ignored, and the answer names them.
import type { TSchema } from 'typebox';
import { IGNORED_NAME_LENGTH_MAX, IGNORED_NAMES_MAX } from './limits.ts';
import { refuse, type Refusal } from '../refusals.ts';
import { unknownMembers, type MemberPath } from '../schemas/unknown-members.ts';
import type { RequestContext } from './context.ts';

interface Part {
  readonly code: 'invalid_body' | 'invalid_query';
  /** The prefix of a name in the header. */
  readonly mark: string;
}

const BODY: Part = { code: 'invalid_body', mark: '' };
const QUERY: Part = { code: 'invalid_query', mark: '?' };

const NO_MEMBERS = { properties: {} } as const;

/** Returns the refusal of unknown members in a strict request; in any other request, adds their names to the answer. */
export const refuseUnknownMembers = (context: RequestContext, schema: TSchema | null, body: object): Refusal | null =>
  judge(context, BODY, unknownMembers(schema ?? NO_MEMBERS, body, IGNORED_NAMES_MAX + 1));

/** The same for the query string. */
export const refuseUnknownParameters = (context: RequestContext, schema: TSchema | null): Refusal | null =>
  judge(context, QUERY, unknownMembers(schema ?? NO_MEMBERS, context.query, IGNORED_NAMES_MAX + 1));

const judge = (context: RequestContext, { code, mark }: Part, unknown: readonly MemberPath[]): Refusal | null => {
  const isStrict = wantsStrictness(context.req.headers.prefer);
  if (isStrict) context.set('Preference-Applied', 'handling=strict');
  if (unknown.length === 0) return null;
  if (isStrict) {
    const issues = unknown
      .slice(0, IGNORED_NAMES_MAX)
      .map((path) => ({ path: path.map(cut), message: 'is not known to this route' }));
    return refuse(code, { details: { issues } });
  }
  const before = context.res.getHeader('Coordinator-Ignored');
  const names = [
    ...(typeof before === 'string' ? before.split(', ') : []),
    ...unknown.map((path) => mark + shown(path)),
  ];
  const more = names.length > IGNORED_NAMES_MAX ? ['...'] : [];
  context.set('Coordinator-Ignored', [...names.slice(0, IGNORED_NAMES_MAX), ...more].join(', '));
  return null;
};

// RFC 7240, section 2: the first preference of a name counts, and its value may be quoted.
const HANDLING = /(?:^|,)[ \t]*handling[ \t]*=[ \t]*"?(\w+)/i;

const wantsStrictness = (prefer: string | string[] | undefined): boolean =>
  HANDLING.exec(String(prefer ?? ''))?.[1]?.toLowerCase() === 'strict';

const cut = (name: string): string => name.slice(0, IGNORED_NAME_LENGTH_MAX);

/** Visible ASCII without commas, so that a name cannot forge other parts of the header. */
const shown = (path: MemberPath): string =>
  cut(encodeURIComponent(cut(path.join('.')).replaceAll(/\p{Cs}/gu, '\ufffd')));
