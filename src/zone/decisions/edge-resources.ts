// Looks up the resources of a delegation in the directory. None may have ended, and a closed directory must contain all
// of them. The registered ones together must offer the delegated scopes, and `resource_id` must agree with the
// constraints. With `RECEIVER_CONSENT=required` each registered one must belong to the issuer.
import type { DelegationConstraints } from '../../../machines/delegation.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { CommandInputs } from '../commands.ts';
import type { DirectoryRow } from '../directory.ts';
import type { Situation } from './decision.ts';

type Input = CommandInputs['edge.create'];

export interface NamedResources {
  /** The id of the resource that was named as `resource_id`, by its id or by its identifier; null if none was. */
  readonly resourceId: string | null;
  /** Each once, by its identifier where that is known and as it was named where not. */
  readonly identifiers: readonly string[];
}

export const resourcesWithin = (
  situation: Situation,
  input: Input,
  { resources }: DelegationConstraints,
): NamedResources | Refusal => {
  const names = [...new Set([...(input.resourceId === null ? [] : [input.resourceId]), ...(resources ?? [])])];
  const found = new Map(names.map((name) => [name, situation.directory.resource(name, input.issuerApplicationId)]));
  const known = names.map((name) => judged(found.get(name), situation));
  const unknown = known.findIndex((each) => each === 'refused');
  if (unknown >= 0) return refuse('resource_not_found', { details: { resource: names[unknown] } });
  const rows = known.filter((each) => each !== null && each !== 'refused');
  const asksOwner = situation.limits.receiverConsent === 'required';
  if (asksOwner && rows.some(({ applicationId }) => applicationId !== input.issuerApplicationId)) {
    return refuse('resource_ownership_required');
  }
  const identifierOf = (name: string) => found.get(name)?.identifier ?? name;
  const listed = resources === null || resources.length === 0 ? null : resources.map(identifierOf);
  if (input.resourceId !== null && listed && !listed.includes(identifierOf(input.resourceId))) {
    return refuse('delegation_resource_scope_mismatch');
  }
  // A name that an open directory does not know must not lift what it says of those it knows.
  const beyond = rows.length > 0 ? scopesBeyond(input.scopes, rows) : [];
  if (beyond.length > 0) {
    return refuse('delegation_scopes_exceed_resource', { details: { scopes: beyond } });
  }
  const { resourceId } = input;
  return {
    resourceId: resourceId && situation.directory.resourceId(resourceId, input.issuerApplicationId),
    identifiers: [...new Set(listed ?? names.map(identifierOf))],
  };
};

/** Null where the directory has no say. */
const judged = (
  row: DirectoryRow<'resource'> | undefined,
  { limits }: Situation,
): DirectoryRow<'resource'> | 'refused' | null => {
  if (row) return row.endedAt === null ? row : 'refused';
  return limits.directory === 'closed' ? 'refused' : null;
};

const scopesBeyond = (scopes: readonly string[], rows: readonly DirectoryRow<'resource'>[]): string[] => {
  const offered = new Set(rows.flatMap((row) => row.scopes));
  return scopes.filter((scope) => !offered.has(scope));
};
