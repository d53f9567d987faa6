// One call of the family's clients: its input, what the Caracal Coordinator of July 2026 and of 1.0 answers, and what
// this one does.
import type { Answered } from '../world/world.ts';
import type { Setting } from './setting.ts';

export type Generation = 'july' | '1.0';

/** A status, and the code if it is a refusal: `201`, `409 session_suspended`. */
type Ours = string;

export interface Row {
  /** Method and path as the route has them. */
  readonly call: string;
  /** The input in words. */
  readonly input: string;
  /** The answer of July's coordinator; null if July's clients do not make this call. */
  readonly july: string | null;
  /** The answer of 1.0's; null if its clients do not make this call. */
  readonly one: string | null;
  /** The answer here, which the test compares; per generation where the clients send different members. */
  readonly ours: Ours | Readonly<Record<Generation, Ours>>;
  /** Members of the answer that a client of either generation reads, as dotted paths. */
  readonly reads?: Partial<Readonly<Record<Generation | 'both', readonly string[]>>>;
  /**
   * Values of members of the answer here, by dotted path; a function decides about a value that depends on the request.
   */
  readonly shows?: Readonly<Record<string, unknown>>;
  /** A remark to the answer here, for the page. */
  readonly remark?: string;
  readonly world?: WorldName;
  readonly send: (setting: Setting) => Promise<Answered>;
}

/** A coordinator with its settings. */
export const WORLDS = {
  default: {},
  limited: { MAX_AGENT_CHILDREN: '1', MAX_AGENT_DEPTH: '1', MAX_AGENTS_PER_APP: '3', MAX_AGENTS_PER_ZONE: '4' },
  presented: { RECEIVER_CONSENT: 'presented' },
  closed: { DIRECTORY: 'closed' },
  counting: { VERIFY_RATE_LIMIT_PER_MIN: '1' },
} as const;

export type WorldName = keyof typeof WORLDS;

export const generationsOf = ({ july, one }: Row): Generation[] => [
  ...(july === null ? [] : (['july'] as const)),
  ...(one === null ? [] : (['1.0'] as const)),
];

export const oursOf = ({ ours }: Row, generation: Generation): Ours =>
  typeof ours === 'string' ? ours : ours[generation];

/** Both generations answer the same, except for codes that 1.0 renamed. */
export const both = (answer: string): Pick<Row, 'july' | 'one'> => ({ july: answer, one: inWordsOfOne(answer) });

/** Both versions and this coordinator give the same answer. */
export const same = (answer: string): Pick<Row, 'july' | 'one' | 'ours'> => ({ ...both(answer), ours: answer });

/** The codes that 1.0 renamed. */
export const RENAMED: Readonly<Record<string, string>> = {
  agent_not_found: 'session_not_found',
  agent_not_live: 'session_not_live',
  agent_lease_expired: 'session_lease_expired',
  agent_not_found_or_not_active: 'session_not_found_or_not_active',
  agent_not_found_or_not_suspended: 'session_not_found_or_not_suspended',
  agent_zone_limit_exceeded: 'session_zone_limit_exceeded',
  agent_limit_exceeded: 'session_limit_exceeded',
  agent_children_limit_exceeded: 'session_children_limit_exceeded',
  agent_depth_limit_exceeded: 'session_depth_limit_exceeded',
  task_agent_cannot_spawn_service: 'task_session_cannot_start_service',
  dcr_application_cannot_spawn: 'dcr_application_cannot_start_child',
  agent_session_not_found: 'session_not_found',
};

const inWordsOfOne = (answer: string): string => {
  const [status = '', code, ...rest] = answer.split(' ');
  return [status, ...(code === undefined ? [] : [RENAMED[code] ?? code]), ...rest].join(' ');
};
