// What the answer to a command shows: the actor that the command named or made. Every command has its row.
import { isRefusal, type Command, type CommandAnswers, type CommandType, type Outcome } from './commands.ts';
import type { Made } from './decisions/decision.ts';
import type { Reads } from './reads.ts';
import type { Views } from './views.ts';

type Answer = CommandAnswers[CommandType];
/** Makes the answer once it may be told; everything that memory knows of it was seen before. */
type Show = (outcome: Outcome) => Answer;

const shown = {
  'session.start': 'session',
  'session.suspend': 'session',
  'session.resume': 'session',
  'session.terminate': 'session',
  'session.heartbeat': 'heartbeat',
  'session.take-lease': 'session',
  'service.register': 'service',
  'invocation.create': 'invocation',
  'invocation.start': 'invocation',
  'invocation.cancel': 'invocation',
  'invocation.complete': 'invocation',
} as const satisfies Record<CommandType, 'session' | 'heartbeat' | 'service' | 'invocation'>;

export class Showing {
  readonly #reads: Reads;
  readonly #views: Views;

  constructor(reads: Reads, views: Views) {
    this.#reads = reads;
    this.#views = views;
  }

  /** `id` is the actor that the command's event is about. */
  of({ type, input }: Command, id: string): Show {
    const what = shown[type];
    if (what !== 'heartbeat') return this.made({ kind: what, record: this.#record(what, id) } as Made);
    const { serviceId } = input as Command<'session.heartbeat'>['input'];
    const session = this.#reads.session(this.#record('session', id));
    const service = serviceId === null ? null : this.#reads.service(this.#record('service', serviceId));
    return (outcome) => ({
      ...outcome,
      session: this.#views.session(session),
      service: service && this.#views.service(service),
    });
  }

  made(made: Made): Show {
    switch (made.kind) {
      case 'session': {
        const sight = this.#reads.session(made.record);
        return (outcome) => ({ ...outcome, session: this.#views.session(sight) });
      }
      case 'service': {
        const sight = this.#reads.service(made.record);
        return (outcome) => ({ ...outcome, service: this.#views.service(sight) });
      }
      case 'invocation':
        return (outcome) => ({ ...outcome, invocation: this.#views.invocation({ record: made.record }) });
    }
  }

  #record<Kind extends 'session' | 'service' | 'invocation'>(kind: Kind, id: string) {
    const record = this.#reads.named(kind, id);
    if (isRefusal(record)) throw new Error(`${kind} ${id} was named or made, and is not there`);
    return record;
  }
}
