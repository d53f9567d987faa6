// Nothing is told before all that it relies on is on disk: the last step of every answer.
import type { Refusal } from '../refusals.ts';
import type { Reply } from './commands.ts';
import type { Ledger } from './ledger.ts';
import type { ZoneMemory } from './memory.ts';

export class Telling {
  readonly #memory: ZoneMemory;
  readonly #ledger: Ledger;

  constructor(memory: ZoneMemory, ledger: Ledger) {
    this.#memory = memory;
    this.#ledger = ledger;
  }

  /** Waits until entry `seq`, by default the last one there is now, is on disk, then makes the answer. */
  async tell<Answer>(answer: () => Answer | Refusal, seq = this.#memory.seq): Promise<Reply<Answer>> {
    const storing = this.#ledger.storedUpTo(seq);
    if (storing) await storing;
    return { seq, answer: answer() };
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
