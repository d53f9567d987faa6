// The part of a query string that every list takes.
import type { Static } from 'typebox';
import { LIST_LIMIT_DEFAULT } from '../../limits.ts';
import type { PageQuery } from '../../schemas/primitives.ts';
import type { PageRequest } from '../../zone/commands.ts';

export const pageOf = ({ query }: { readonly query: Static<typeof PageQuery> }): PageRequest => ({
  limit: query.limit === undefined ? LIST_LIMIT_DEFAULT : Number(query.limit),
  cursor: query.cursor ?? null,
});
