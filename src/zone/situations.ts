// The inputs of a decision: a zone at one instant.
import type { Instant } from '../../machines/words.ts';
import type { Refusal } from '../refusals.ts';
import type { Moment } from '../time/zone-time.ts';
import type { Archive } from './reading/archive.ts';
import type { Bodies } from './bodies.ts';
import type { Ask, Command, Query } from './commands.ts';
import { refusedCallerSession } from './decisions/caller-session.ts';
import type { Situation, ZoneLimits } from './decisions/decision.ts';
import { refusedIdentity } from './decisions/directory-checks.ts';
import type { ZoneMemory } from './memory.ts';
import type { Reads } from './reading/reads.ts';

interface Parts {
  readonly memory: ZoneMemory;
  readonly limits: ZoneLimits;
  readonly reads: Reads;
  readonly bodies: Bodies;
  readonly archive: Archive;
}

export class Situations {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  at(now: Instant, { agesAt, authorityAt, wallAt, isAheadDisputed }: Moment): Situation {
    const { memory, limits, reads, bodies, archive } = this.#parts;
    return {
      now,
      agesAt,
      authorityAt,
      wallAt,
      isAheadDisputed,
      actors: memory.actors,
      directory: memory.directory,
      limits,
      find: (kind, id) => reads.find(kind, id),
      contentOf: (body) => bodies.of(body).content,
      receipt: (key) => memory.unstored.receipt(key) ?? archive.receipt(key),
      nextDueAt: () => memory.nextDueAt(),
    };
  }
}

/** Whether the zone accepts the caller at all. Checked before the command. */
export const refusedCaller = (situation: Situation, asked: Command | Query, { caller }: Ask): Refusal | null =>
  refusedIdentity(situation, caller) ?? refusedCallerSession(situation, asked, caller);
