// The part of a query string that every list takes.
import type { Static } from 'typebox';
import { LIST_LIMIT_DEFAULT } from '../../limits.ts';
import type { PageQuery, WalkQuery } from '../../schemas/primitives.ts';
import type { PageRequest, WalkRequest } from '../../zone/commands.ts';

export const pageOf = ({ query }: { readonly query: Static<typeof PageQuery> }): PageRequest => ({
  limit: query.limit === undefined ? LIST_LIMIT_DEFAULT : Number(query.limit),
  cursor: query.cursor ?? null,
});

/** The same for a walk: without a limit, as many rows as fit in a page. */
export const walkOf = ({ query }: { readonly query: Static<typeof WalkQuery> }): WalkRequest => ({
  limit: query.limit === undefined ? null : Number(query.limit),
  cursor: query.cursor ?? null,
});
