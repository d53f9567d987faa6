// Whether a request with an idempotency key was carried out before. The same key with the same request returns the first
// answer. It is refused with another request, or if the answer can no longer be shown. Keys are scoped to zone, operation
// and application (or the operator); a key older than the retention counts as unused.
import assert from 'node:assert/strict';
import type { Caller } from '../../authority/caller.ts';
import { denied, rightOf } from '../../authority/rules.ts';
import { sha256, type ReceiptClaim } from '../../journal/entry.ts';
import { isDamage } from '../../journal/journal.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import { isRefusal, type Ask, type Command, type CommandType } from '../commands.ts';
import { creates } from '../effects.ts';
import type { Receipt } from '../receipts.ts';
import type { Decision, Recalled, Situation } from './decision.ts';
import { lessens } from './lessening.ts';

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
  if (idempotencyKey === null) return { claim: null, repeat: null };
  const claim = claimOf(type, caller, idempotencyKey, request());
  const receipt = matchReceipt(situation, claim);
  if (receipt === null) return { claim, repeat: null };
  return { claim, repeat: isRefusal(receipt) ? receipt : made(receipt.id) };
};

/**
 * Checks the key of a command that names an actor or row; those that create check theirs themselves. It comes before all other checks: a change by the first request (an ended
 * session, a running attempt) must not refuse the second. A dry run changes nothing and uses no key.
 */
export const recalled = (
  situation: Situation,
  { caller }: Ask,
  { type, input, idempotencyKey, dryRun }: Command,
): { claim: ReceiptClaim | null; recall: Recalled | Refusal | null } => {
  if (idempotencyKey === null || dryRun || creates(type)) return { claim: null, recall: null };
  const claim = claimOf(type, caller, idempotencyKey, input);
  const receipt = lessens(type) ? undamaged(() => matchReceipt(situation, claim)) : matchReceipt(situation, claim);
  if (receipt === null || isRefusal(receipt)) return { claim, recall: receipt };
  const { outcome } = receipt;
  assert(outcome, 'the receipt of a command that names something has its outcome');
  // The state may have changed since, and the rights of the caller are still those of a caller.
  const right = rightOf(type);
  const forbidden = right && outcome.owner !== null ? denied(caller, right, outcome.owner) : null;
  return { claim, recall: forbidden ? refuse(forbidden) : { recalls: outcome } };
};

/** A damaged receipt counts as absent for a stop: the damage must not refuse it. */
const undamaged = <Found>(find: () => Found): Found | null => {
  try {
    return find();
  } catch (error) {
    if (isDamage(error)) return null;
    throw error;
  }
};

const claimOf = (type: CommandType, caller: Caller, idempotencyKey: string, request: object): ReceiptClaim => {
  const applicationId = caller.kind === 'bearer' ? caller.applicationId : null;
  return { key: sha256(JSON.stringify([type, applicationId, idempotencyKey])), request: sha256(canonical(request)) };
};

/** Null if the key is not in use. */
const matchReceipt = (situation: Situation, { key, request }: ReceiptClaim): Receipt | Refusal | null => {
  const receipt = situation.receipt(key);
  if (!receipt || isOver(situation, receipt)) return null;
  return receipt.request === request ? receipt : refuse('idempotency_key_conflict');
};

/** An expired key allows a request to be carried out twice, so keys expire only while the clock is steady. */
const isOver = ({ agesAt, limits }: Situation, { at }: Receipt): boolean =>
  agesAt !== null && agesAt - at >= limits.idempotencyRetentionSeconds * MS_PER_SECOND;

/** JSON with the keys of every object sorted, so that two bodies that say the same are the same. Depth is bounded at the door. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
};
