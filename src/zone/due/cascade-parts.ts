// A change that a deadline causes cannot be refused, so it must fit in the journal. A cascade that is too large for one entry
// is journaled in parts, the deepest sessions first. A part of one session always fits: see `ENTRY_BYTES_MAX` of the journal.
import assert from 'node:assert/strict';
import type { Instant } from '../../../machines/words.ts';
import { isCascade, type Cascade, type ZoneEvent } from '../events.ts';
import type { Ledger, Written } from '../ledger.ts';
import type { Plan } from '../plan.ts';

type TooLarge = Extract<Written, { readonly kind: 'too-large' }>;

/** The target size is below the limit, because the bytes per session vary. */
const SHARE = 0.8;

/**
 * Writes a change that a deadline causes, or as much of it as fits in one entry. The zone's memory keeps the rest, which is
 * due next.
 */
export const writeByItself = (ledger: Ledger, event: ZoneEvent, at: Instant): Exclude<Written, TooLarge> => {
  const whole = write(ledger, event, at);
  if (whole.kind !== 'too-large') return whole;
  assert(isCascade(event), `${event.type} fits an entry`);
  return writePart(ledger, event, { at, first: sizeOf(whole) });
};

const write = (ledger: Ledger, event: ZoneEvent, at: Instant): Written =>
  ledger.write({ event, at, ask: null, isUrgent: true, body: null, receipt: null });

const sizeOf = ({ bytes, bytesMax, plan }: TooLarge): number =>
  Math.min(sessionsIn(plan) - 1, Math.ceil((sessionsIn(plan) * bytesMax * SHARE) / bytes));

const sessionsIn = ({ deliveries }: Plan): number => deliveries.filter(({ kind }) => kind === 'session').length;

const writePart = (ledger: Ledger, of: Cascade, { at, first }: { at: Instant; first: number }) => {
  for (let sessions = first; sessions >= 1; sessions = Math.floor(sessions / 2)) {
    const part = write(ledger, { type: 'cascade.part', v: 1, of, sessions }, at);
    if (part.kind !== 'too-large') return part;
  }
  return assert.fail(`one session of ${of.type} fits an entry`);
};
