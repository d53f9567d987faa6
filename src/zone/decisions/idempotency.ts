// Whether a request with an idempotency key was carried out before. The same key with the same request is answered again;
// with another request, or where what it made can no longer be answered, it is refused. Keys belong to a zone, an operation and an
// application; what is older than the retention is as if it had never been.
import { sha256, type ReceiptClaim } from '../../journal/entry.ts';
import { refuse } from '../../refusals.ts';
import type { Ask, Command } from '../commands.ts';
import type { Decision, Situation } from './decision.ts';

const MS_PER_SECOND = 1000;

interface Repeatable {
  /** Everything that makes two requests the same. */
  readonly request: () => Readonly<Record<string, unknown>>;
  /** What the first request came to, from the id of what it made. */
  readonly made: (id: string) => Decision;
}

export const repeatOf = (
  situation: Situation,
  { caller }: Ask,
  { type, idempotencyKey }: Command,
  { request, made }: Repeatable,
): { claim: ReceiptClaim | null; repeat: Decision | null } => {
  if (idempotencyKey === null || caller.kind !== 'bearer') return { claim: null, repeat: null };
  const claim = {
    key: sha256(JSON.stringify([type, caller.applicationId, idempotencyKey])),
    request: sha256(canonical(request())),
  };
  return { claim, repeat: earlier(situation, claim, made) };
};

const earlier = (situation: Situation, claim: ReceiptClaim, made: Repeatable['made']): Decision | null => {
  const receipt = situation.receipt(claim.key);
  if (!receipt || situation.now - receipt.at >= situation.limits.idempotencyRetentionSeconds * MS_PER_SECOND)
    return null;
  if (receipt.request !== claim.request) return refuse('idempotency_key_conflict');
  return made(receipt.id);
};

/** JSON with the keys of every object sorted, so that two bodies that say the same are the same. Depth is bounded at the door. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
};
