// The audit in the log: one line for every change that is on disk and for every refusal of authority, saying who, what, on
// what, from where. It is made of names and ids alone: no body, no key, no token and nothing of what a caller wrote freely gets here.
import type { Logger } from 'pino';
import type { Caller } from './authority/caller.ts';

/** What a request names: ids, and the words of the table below. */
export type Named = Readonly<Record<string, string>>;

export interface AuditLine {
  readonly audit: 'accepted' | 'refused';
  /** Null for whoever is not known: a token that is not good proves nothing. */
  readonly who: Caller | 'coordinator' | null;
  /** The command or query; what happened by itself is called by its event. */
  readonly what: string;
  readonly on: Named;
  /** The client's address; absent for what happened by itself. */
  readonly from?: string | undefined;
  readonly requestId?: string;
  readonly traceId?: string | null;
  /** The entry of the journal that says the rest. */
  readonly seq?: number;
  readonly code?: string | undefined;
}

// Member by member, not by rest and spread: there are thousands of lines a second.
export const audit = (log: Logger, line: AuditLine): void => {
  const { from, requestId, seq, code } = line;
  const traceId = line.traceId ?? undefined;
  log.info(
    { audit: line.audit, who: whoOf(line.who), what: line.what, on: line.on, from, requestId, traceId, seq, code },
    'audit',
  );
};

/** The name of a caller in the log. */
export const whoOf = (who: AuditLine['who']): object | null => {
  if (who === null) return null;
  if (who === 'coordinator' || who.kind === 'operator') return { [who === 'coordinator' ? who : who.kind]: true };
  const { applicationId, subject, subjectSessionId, agentSessionId } = who;
  return {
    application: applicationId,
    subject,
    sid: subjectSessionId ?? undefined,
    agent: agentSessionId ?? undefined,
  };
};

/** The members of a command's or query's input that name something, and what the audit calls them. All else stays out. */
const NAMES = [
  ['id', 'id'],
  ['name', 'id'],
  ['table', 'table'],
  ['applicationId', 'application'],
  ['issuerApplicationId', 'application'],
  ['receiverApplicationId', 'receiver'],
  ['parentId', 'parent'],
  ['sessionId', 'session'],
  ['sourceSessionId', 'source'],
  ['targetSessionId', 'target'],
  ['serviceId', 'service'],
] as const;

export const namedIn = (input: object): Named => {
  const members = input as Readonly<Record<string, unknown>>;
  const named: Record<string, string> = {};
  for (const [member, word] of NAMES) {
    const value = members[member];
    if (typeof value === 'string') named[word] = value;
  }
  return named;
};
