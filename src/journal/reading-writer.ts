// The writer of a zone that was opened for reading: it knows the last sequence of the zone, and rejects every append.
import { JournalError, type JournalWriter } from './journal.ts';

export class ReadingWriter implements JournalWriter {
  readonly zone: string;
  /** Opening for reading does not start a new epoch. */
  readonly epoch = 0;
  readonly start: number;
  readonly ended: Promise<JournalError>;
  #end!: (reason: JournalError) => void;

  constructor(zone: string, start: number) {
    this.zone = zone;
    this.start = start;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get next(): number {
    return this.start + 1;
  }

  get stored(): number {
    return this.start;
  }

  append(): Promise<void> {
    return Promise.reject(new JournalError('UNAVAILABLE', this.#text, { nothingStored: true }));
  }

  storedUpTo(seq: number): Promise<void> {
    if (seq <= this.start) return Promise.resolve();
    return Promise.reject(
      new JournalError('SEQUENCE', `${this.#text} It ends at record ${this.start}, before ${seq}.`),
    );
  }

  hasRoom(): boolean {
    return false;
  }

  confirm(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#end(new JournalError('CLOSED', `The writer of zone ${this.zone} is closed.`));
  }

  get #text(): string {
    return `Zone ${this.zone} was opened for reading.`;
  }
}
