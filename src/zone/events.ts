// What can have happened in a zone: the events that entries record. An event says only what was decided; which actors it
// reaches is derived from it (`plan.ts`), live and in replay alike. `v` is raised when the meaning of a type changes.
import type { AgentSessionFacts } from '../../machines/agent-session.ts';
import type { Entry } from '../journal/entry.ts';

export type ZoneEvent =
  | { readonly type: 'session.started'; readonly v: 1; readonly id: string; readonly facts: AgentSessionFacts }
  | { readonly type: 'session.suspended'; readonly v: 1; readonly id: string; readonly reason: string }
  | { readonly type: 'session.resumed'; readonly v: 1; readonly id: string }
  | { readonly type: 'session.terminated'; readonly v: 1; readonly id: string; readonly reason: string }
  | { readonly type: 'session.expired'; readonly v: 1; readonly id: string };

export type ZoneEntry = Entry<ZoneEvent>;
