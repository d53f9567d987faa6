// One viewer of actors, at whatever door. It is given what it can take and no more: the next messages are made when the last
// are out. One that takes nothing in for a whole beat is let go.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AlarmClock } from '../clock.ts';
import { INSPECTOR_KEEP_ALIVE_MS } from '../limits.ts';
import type { Message } from './messages.ts';
import type { Taken, ZoneView } from './zone-view.ts';
import type { Watching } from './zone-tap.ts';

/** Where a viewer's messages go. */
export interface Sink {
  /** False where no more should be written before `drained`. */
  write(messages: readonly Message[]): boolean;
  /** Resolves when there is room again, or when there never will be. */
  drained(): Promise<void>;
  /** Says that the stream lives. */
  beat(): void;
  /** Nothing more comes. */
  close(): void;
  /** It does not read: it is cut off. */
  cut(): void;
}

export class Viewer implements Watching {
  readonly views = new Map<string, ZoneView>();
  readonly #sink: Sink;
  readonly #clock: AlarmClock;
  readonly #log: Logger;
  readonly #onEnd: () => void;
  #isOver = false;
  #isPumping = false;
  #isBlocked = false;
  /** It was waited for when the last beat came, and has taken nothing since. */
  #isStuck = false;
  #cancelBeat: () => void = () => {};

  constructor(sink: Sink, parts: { readonly clock: AlarmClock; readonly log: Logger; readonly onEnd: () => void }) {
    this.#sink = sink;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#onEnd = parts.onEnd;
    this.#beatLater();
  }

  wake(): void {
    if (this.#isPumping || this.#isOver) return;
    this.#isPumping = true;
    this.#pump().catch((error: unknown) => {
      this.#log.error({ err: error }, 'a viewer of actors could not be told, and is let go');
      this.end();
    });
  }

  /** Nothing more is told. Safe to call again. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelBeat();
    this.#onEnd();
    this.#sink.close();
  }

  // The first turn gathers what one command does to many actors.
  async #pump(): Promise<void> {
    await nextTurn();
    for (let some = true; some && !this.#isOver;) {
      some = false;
      for (const view of this.views.values()) {
        const taken = view.take(this.#clock.now());
        if (taken === null) continue;
        some = true;
        await this.#tell(taken);
        await nextTurn();
      }
    }
    this.#isPumping = false;
  }

  async #tell({ messages, stored }: Taken): Promise<void> {
    // What is not stored did not happen: its zone has stopped, and is shown afresh when it is back.
    if (!(await isStored(stored)) || this.#isOver || messages.length === 0) return;
    if (this.#sink.write(messages)) return;
    this.#isBlocked = true;
    await this.#sink.drained();
    this.#isBlocked = false;
    this.#isStuck = false;
  }

  #beatLater(): void {
    this.#cancelBeat = this.#clock.at(this.#clock.now() + INSPECTOR_KEEP_ALIVE_MS, () => this.#beat());
  }

  #beat(): void {
    if (this.#isStuck) {
      this.#sink.cut();
      return this.end();
    }
    this.#isStuck = this.#isBlocked;
    if (!this.#isBlocked) this.#sink.beat();
    this.#beatLater();
  }
}

const isStored = async (stored: Promise<void> | undefined): Promise<boolean> => {
  try {
    await stored;
    return true;
  } catch {
    return false;
  }
};
