// Nothing is told before all that it relies on is on disk: the last step of every answer.
import { isDamage } from '../journal/journal.ts';
import { refuse, type Refusal } from '../refusals.ts';
import type { Reply } from './commands.ts';
import type { Ledger } from './ledger.ts';
import type { ZoneMemory } from './memory.ts';

export class Telling {
  readonly #memory: ZoneMemory;
  readonly #ledger: Ledger;

  readonly #onDamage: (sentence: string) => void;

  constructor(memory: ZoneMemory, ledger: Ledger, onDamage: (sentence: string) => void) {
    this.#memory = memory;
    this.#ledger = ledger;
    this.#onDamage = onDamage;
  }

  /** Waits until entry `seq`, by default the last one there is now, is on disk, then makes the answer. */
  async tell<Answer>(answer: () => Answer | Refusal, seq = this.#memory.seq): Promise<Reply<Answer>> {
    const storing = this.#ledger.storedUpTo(seq);
    if (storing) await storing;
    return { seq, answer: answer() };
  }

  /** Answers a change. If data of the answer is damaged, the change stays valid, and the refusal says so. */
  tellChange<Answer>(answer: () => Answer): Promise<Reply<Answer>> {
    return this.tell<Answer>(() => {
      try {
        return answer();
      } catch (error) {
        if (!isDamage(error)) throw error;
        this.#onDamage(error.message);
        return refuse('history_damaged', { details: { changed: true } });
      }
    });
  }

  /** The same for what is still being looked for: it reflects the moment at which looking began. */
  async tellFound<Found extends object, Answer>(
    finding: Promise<Found | Refusal> | Refusal,
    show: (found: Found) => Answer,
  ): Promise<Reply<Answer>> {
    const { seq } = this.#memory;
    const found = await finding;
    return this.tell<Answer>(() => ('code' in found ? found : show(found)), seq);
  }
}
