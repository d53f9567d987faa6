// Which actors belong to an agent session: itself, the sessions below it, and the invocations and edges that touch those.
import type { AgentSessionContext } from '../../machines/agent-session.ts';
import type { DelegationContext } from '../../machines/delegation.ts';
import type { InvocationContext } from '../../machines/invocation.ts';
import type { Inspection, ZoneActor } from '../zone/inspection.ts';

export const wanted = (
  inspection: Inspection,
  root: string,
  { actor, context }: { readonly actor: ZoneActor; readonly context: unknown },
): boolean => {
  const touched = touchedBy[actor.logic.id]?.(actor.id, context as Contexts) ?? [];
  return touched.some((session) => isWithin(inspection, root, session));
};

type Contexts = AgentSessionContext & DelegationContext & InvocationContext;

/** By the machine. A session is asked by itself first: it may not be found yet when it begins. */
const touchedBy: Readonly<Record<string, (id: string, context: Contexts) => readonly (string | null)[]>> = {
  'agent-session': (id, { parentId }) => [id, parentId],
  invocation: (_, { sourceSessionId, targetSessionId }) => [sourceSessionId, targetSessionId],
  delegation: (_, { sourceSessionId, targetSessionId }) => [sourceSessionId, targetSessionId],
};

/** Whether a session is the root or below it. The walk ends: a tree is only as deep as it may be. */
const isWithin = (inspection: Inspection, root: string, session: string | null): boolean => {
  for (let id = session; id !== null; id = parentOf(inspection, id)) if (id === root) return true;
  return false;
};

const parentOf = (inspection: Inspection, id: string): string | null => {
  const context = inspection.session(id)?.getSnapshot().context as AgentSessionContext | undefined;
  return context?.parentId ?? null;
};
