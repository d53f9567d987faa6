// A run of generated requests against a coordinator in a process of its own. Requests go out in rounds, many at a time, and what
// they are made of comes from the seed and from what the answers of earlier rounds told, so that a seed repeats a run.
import { Random } from '../process/parts/random.ts';
import type { Answered } from '../world/world.ts';
import { Coordinator } from './coordinator.ts';
import { garbage, type Garbage } from './garbage.ts';
import { documented, wrongAnswers, wrongWith } from './judge.ts';
import { MADE_BY } from './known.ts';
import { mutated } from './mutations.ts';
import { bytesOf, validRequest, type FuzzRequest } from './requests.ts';
import { Steward } from './steward.ts';
import { checkStored } from './stored.ts';
import type { Setting } from './values.ts';
import { Wire } from './wire.ts';

export interface Report {
  readonly requests: number;
  readonly seconds: number;
  /** How often each kind was sent, and each status answered. */
  readonly sent: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  /** Operations of which no valid request was ever taken. */
  readonly untaken: readonly string[];
  /** With what was sent, as it was sent. */
  readonly failures: readonly string[];
  /** Bytes of the heap once everything has ended and every zone sleeps, after each fifth of the requests. */
  readonly heap: readonly number[];
  readonly entries: number;
}

const ZONES = ['z1', 'z1', 'z1', 'z1', 'z2'];
const AT_A_TIME = 32;
const ROUNDS_UNTENDED = 8;
/** How often memory is weighed. */
const WEIGHINGS = 5;
/** Failures after which a run ends: enough to see what they have in common. */
const FAILURES_MAX = 20;
const SHOWN_MAX = 2_000;
/** How long a socket that sent garbage waits for a first answer, and then for the end of its connection. */
const QUIET_MS = 50;
const PATIENCE_MS = 6_000;
/** How time goes by between rounds: a little, and now and then much. */
const STEP_MS = 4_000;
const LEAP_MS = 40 * 60_000;

/** What makes something stands here more often, for what ends something ends much at once. */
const OPERATIONS = documented.operations.flatMap((each) => (each.id in MADE_BY ? [each, each, each] : [each]));
const { schemas: components } = documented.document['components'] as { readonly schemas: Setting['components'] };

type Sent = { readonly kind: string } & ({ readonly request: FuzzRequest } | { readonly garbage: Garbage });
type Answers = readonly Answered[];

export class Fuzz {
  readonly #coordinator: Coordinator;
  readonly #random: Random;
  readonly #steward: Steward;
  readonly #wires: (Wire | undefined)[] = [];
  readonly #sent: Record<string, number> = {};
  readonly #statuses: Record<string, number> = {};
  readonly #taken = new Set<string>();
  readonly #failures: string[] = [];
  readonly #heap: number[] = [];

  private constructor(coordinator: Coordinator, seed: number) {
    this.#coordinator = coordinator;
    this.#random = new Random(seed);
    this.#steward = new Steward(coordinator, (bytes) => this.#ask(bytes, false, AT_A_TIME));
  }

  static async run(requests: number, seed: number): Promise<Report> {
    const coordinator = await Coordinator.start();
    try {
      return await new Fuzz(coordinator, seed).#run(requests);
    } finally {
      await coordinator.destroy();
    }
  }

  async #run(requests: number): Promise<Report> {
    const startedAt = performance.now();
    const rounds = Math.ceil(requests / AT_A_TIME);
    // One that is gone answers nothing: what was on its way then stands among the failures.
    await this.#rounds(rounds).catch((error: unknown) => this.#failures.push(complaintOf(error)));
    for (const wire of this.#wires) wire?.destroy();
    await this.#coordinator.stop();
    const { entries, problems } = await checkStored(this.#coordinator.dir);
    return {
      requests: rounds * AT_A_TIME,
      seconds: (performance.now() - startedAt) / 1_000,
      sent: this.#sent,
      statuses: this.#statuses,
      untaken: documented.operations.map(({ id }) => id).filter((id) => !this.#taken.has(id)),
      failures: [...this.#failures, ...problems, ...this.#coordinator.complaints],
      heap: this.#heap,
      entries,
    };
  }

  async #rounds(rounds: number): Promise<void> {
    for (const zone of new Set(ZONES)) await this.#steward.add(zone);
    const every = Math.ceil(rounds / WEIGHINGS);
    for (let round = 0; round < rounds && this.#failures.length < FAILURES_MAX; round += 1) {
      if (round % ROUNDS_UNTENDED === 0) await this.#steward.tend();
      await this.#round();
      await this.#coordinator.advance(this.#random.below(100) === 0 ? LEAP_MS : this.#random.below(STEP_MS));
      if ((round + 1) % every === 0 || round === rounds - 1) this.#heap.push(await this.#steward.weigh());
    }
  }

  async #round(): Promise<void> {
    const batch = Array.from({ length: AT_A_TIME }, () => this.#next());
    const told = await Promise.all(batch.map((sent, place) => this.#send(sent, place).catch(complaintOf)));
    for (const [place, sent] of batch.entries()) this.#judge(sent, told[place] ?? []);
  }

  #next(): Sent {
    const kind = this.#random.below(100);
    const request = this.#valid();
    if (kind < 50) return { kind: 'valid', request };
    if (kind < 90) return { kind: 'mutated', request: mutated(request, this.#random) };
    const bearer = request.headers.find(([name]) => name === 'authorization')?.join(': ') ?? 'x-none: x';
    return { kind: 'garbage', garbage: garbage({ bytes: bytesOf(request), bearer }, this.#random) };
  }

  #valid(): FuzzRequest {
    const random = this.#random;
    const zone = random.of(ZONES) ?? '';
    const { known, tokens } = this.#steward.of(zone);
    const { now } = this.#coordinator;
    const setting = { zone, known, random, now, tokens: [tokens.admin, tokens.plain], components };
    return validRequest(random.of(OPERATIONS) as FuzzRequest['operation'], setting, tokens);
  }

  async #send(sent: Sent, place: number): Promise<Answers> {
    if ('garbage' in sent) return this.#pour(sent.garbage.bytes);
    const answer = await this.#ask(bytesOf(sent.request), sent.request.method === 'HEAD', place);
    return answer ? [answer] : [];
  }

  async #pour(bytes: Buffer): Promise<Answers> {
    const wire = await Wire.open(this.#coordinator.url);
    wire.send(bytes);
    await wire.settled(QUIET_MS);
    return wire.ended(PATIENCE_MS);
  }

  // A connection that was used before may have been closed meanwhile; a new one may not.
  async #ask(bytes: Buffer, isHead: boolean, place: number): Promise<Answered | null> {
    const used = this.#wires[place];
    if (used && !used.isOver) {
      const answer = await used.ask(bytes, isHead);
      if (answer) return answer;
    }
    const wire = await Wire.open(this.#coordinator.url);
    this.#wires[place] = wire;
    return wire.ask(bytes, isHead);
  }

  #judge(sent: Sent, told: Answers | string): void {
    this.#sent[sent.kind] = (this.#sent[sent.kind] ?? 0) + 1;
    const wrong = typeof told === 'string' ? told : this.#wrongWith(sent, told);
    if (wrong !== null) this.#failures.push(`${wrong}\n${shown(sent)}`);
  }

  #wrongWith(sent: Sent, answers: Answers): string | null {
    for (const { status } of answers) this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if ('garbage' in sent) return wrongAnswers(sent.garbage, answers);
    const [answer = null] = answers;
    if (sent.kind === 'valid' && answer) this.#learn(sent.request.operation.id, answer);
    return wrongWith(sent.request.method, sent.request.path, answer);
  }

  #learn(operation: string, answer: Answered): void {
    if (answer.status < 300) this.#taken.add(operation);
    const { zone_id: zone } = answer.body;
    if (typeof zone === 'string') this.#steward.of(zone).known.learn(operation, answer);
  }
}

const complaintOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

const shown = (sent: Sent): string => {
  const bytes = 'request' in sent ? bytesOf(sent.request) : sent.garbage.bytes;
  const name = 'request' in sent ? `${sent.kind} ${sent.request.operation.id}` : sent.garbage.what;
  return `${name}: ${JSON.stringify(bytes.toString('latin1')).slice(0, SHOWN_MAX)}`;
};
