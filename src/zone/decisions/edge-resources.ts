// The resources a delegation names, looked up in the directory: known, owned by the issuer, in agreement with each other, and
// offering the scopes that are handed on. An open directory judges only what is registered with it.
import type { DelegationConstraints } from '../../../machines/delegation.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { CommandInputs } from '../commands.ts';
import type { DirectoryRow } from '../directory.ts';
import type { Situation } from './decision.ts';

type Input = CommandInputs['edge.create'];

export interface NamedResources {
  /** Each once, by its identifier where that is known and as it was named where not. */
  readonly identifiers: readonly string[];
}

export const resourcesWithin = (
  situation: Situation,
  input: Input,
  { resources }: DelegationConstraints,
): NamedResources | Refusal => {
  const names = [...new Set([...(input.resourceId === null ? [] : [input.resourceId]), ...(resources ?? [])])];
  const known = names.map((name) => lookUp(situation, name));
  const unknown = known.findIndex((each) => each === 'refused');
  if (unknown >= 0) return refuse('resource_not_found', { details: { resource: names[unknown] } });
  const rows = known.filter((each) => each !== null && each !== 'refused');
  if (rows.some(({ applicationId }) => applicationId !== input.issuerApplicationId)) {
    return refuse('resource_ownership_required');
  }
  const identifierOf = (name: string) => situation.directory.resource(name)?.identifier ?? name;
  const listed = resources === null || resources.length === 0 ? null : resources.map(identifierOf);
  if (input.resourceId !== null && listed && !listed.includes(identifierOf(input.resourceId))) {
    return refuse('delegation_resource_scope_mismatch');
  }
  // Where one of them is not known, its scopes are not either, and nothing can be said to lie outside.
  const beyond = rows.length === names.length ? scopesBeyond(input.scopes, rows) : [];
  if (names.length > 0 && beyond.length > 0) {
    return refuse('delegation_scopes_exceed_resource', { details: { scopes: beyond } });
  }
  return { identifiers: [...new Set(listed ?? names.map(identifierOf))] };
};

/** Null where the directory has no say. */
const lookUp = ({ directory, limits }: Situation, name: string): DirectoryRow<'resource'> | 'refused' | null => {
  const row = directory.resource(name);
  if (row) return row.endedAt === null ? row : 'refused';
  return limits.directory === 'closed' ? 'refused' : null;
};

const scopesBeyond = (scopes: readonly string[], rows: readonly DirectoryRow<'resource'>[]): string[] => {
  const offered = new Set(rows.flatMap((row) => row.scopes));
  return scopes.filter((scope) => !offered.has(scope));
};
