// Damage below the checkpoints of zones, as reads and the scrub meet it: it refuses what relies on it and stops nothing else,
// so it must be said. Each finding is logged once, and is told by `/ready` and the metrics until the process ends; what is
// stored can only be replaced while it is stopped.
import type { Logger } from 'pino';
import type { JournalError } from '../journal/journal.ts';
import { DAMAGED_ZONES_MAX, FINDINGS_MAX } from '../limits.ts';
import { refuse, type Refusal } from '../refusals.ts';

export interface DamagedZone {
  readonly zone: string;
  readonly findings: number;
  /** The first of them. */
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
 * A read below the checkpoint met damage. What lives is in memory and right, so only what relied on the read is refused. A
 * command reads before it changes anything.
 */
export const historyDamaged = (
  zone: string,
  { message }: JournalError,
  { onDamage }: { readonly onDamage: (zone: string, sentence: string) => void },
): Refusal => {
  onDamage(zone, message);
  return refuse('history_damaged');
};
