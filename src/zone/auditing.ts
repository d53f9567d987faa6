// Leaves a line in the log for every change of a zone, once it is on disk: of whoever asked for it, and of the coordinator for
// what happened by itself.
import type { Logger } from 'pino';
import { audit, namedIn, type AuditLine } from '../audit.ts';
import type { Ask, Command } from './commands.ts';
import { actorOf, type ZoneEvent } from './events.ts';
import type { Ledger } from './ledger.ts';
import type { ZoneMemory } from './memory.ts';

export class Auditing {
  readonly #log: Logger;
  readonly #memory: ZoneMemory;
  readonly #ledger: Ledger;

  constructor(parts: { log: Logger; memory: ZoneMemory; ledger: Ledger }) {
    this.#log = parts.log;
    this.#memory = parts.memory;
    this.#ledger = parts.ledger;
  }

  /** A command has just been carried out; the entry is the last. */
  accepted(event: ZoneEvent, { type, input }: Command, { caller, from, requestId, traceId }: Ask): void {
    if (!this.#log.isLevelEnabled('info')) return;
    // An update goes by the id of what is there, not by the one that something new would have had.
    const on = { ...this.#named(input), ...this.#actor(event) };
    this.#tell({ audit: 'accepted', who: caller, what: type, on, from, requestId, traceId });
  }

  /** The same for what the coordinator does by itself. */
  happened(event: ZoneEvent): void {
    if (!this.#log.isLevelEnabled('info')) return;
    this.#tell({ audit: 'accepted', who: 'coordinator', what: event.type, on: this.#named(event) });
  }

  #named(input: object): AuditLine['on'] {
    return { zone: this.#memory.zone, ...namedIn(input) };
  }

  #actor(event: ZoneEvent): { readonly id?: string } {
    const id = actorOf(event);
    return id === null ? {} : { id };
  }

  #tell(line: AuditLine): void {
    const { seq } = this.#memory;
    const told = () => audit(this.#log, { ...line, seq });
    // What did not reach the disk did not happen; the zone says why.
    void (this.#ledger.storedUpTo(seq) ?? Promise.resolve()).then(told, () => {});
  }
}
