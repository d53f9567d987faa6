// Damage below the checkpoints of zones, found by reads and the scrub. Requests that need damaged data are refused, all others
// are served, so the damage must be reported. Each finding is logged once, and shown by `/ready` and the metrics until the
// process ends: stored data can only be restored while the process is stopped.
import type { Logger } from 'pino';
import type { JournalError } from '../../journal/journal.ts';
import { DAMAGED_ZONES_MAX, FINDINGS_MAX } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';

export interface DamagedZone {
  readonly zone: string;
  readonly findings: number;
  /** The first finding. */
  readonly reason: string;
}

export class DamageReports {
  readonly #log: Logger;
  readonly #found = new Map<string, Set<string>>();
  #count = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Findings of this process, each counted once. */
  get count(): number {
    return this.#count;
  }

  /** The zones with findings, bounded by `DAMAGED_ZONES_MAX`. */
  zones(): DamagedZone[] {
    return Array.from(this.#found, ([zone, sentences]) => ({
      zone,
      findings: sentences.size,
      reason: sentences.values().next().value ?? '',
    }));
  }

  report(zone: string, sentence: string): void {
    const sentences = this.#found.get(zone) ?? new Set();
    if (sentences.has(sentence) || sentences.size >= FINDINGS_MAX) return;
    if (sentences.size === 0 && this.#found.size >= DAMAGED_ZONES_MAX) return;
    this.#found.set(zone, sentences.add(sentence));
    this.#count += 1;
    this.#log.error({ zone, damage: sentence }, 'damage below a checkpoint');
  }
}

/**
 * Handles damage that a read below the checkpoint found. Live actors are in memory and intact, so only the request that needed
 * the read is refused. A command reads before it changes anything.
 */
export const historyDamaged = (
  zone: string,
  { message }: JournalError,
  { onDamage }: { readonly onDamage: (zone: string, sentence: string) => void },
): Refusal => {
  onDamage(zone, message);
  return refuse('history_damaged');
};
