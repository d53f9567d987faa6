// The doors of the SDKs: the same commands as the routes of a zone, with the zone in the body.
import {
  BeginBody,
  DelegateToExistingAgentBody,
  EndBody,
  ExchangeBody,
  RevokeDelegationBody,
  SpawnChildBody,
} from '../../schemas/lifecycle.ts';
import { DryRunQuery } from '../../schemas/session.ts';
import { command, type Route } from '../route.ts';
import { revokedView } from '../views/delegations.ts';
import { delegated, delegationOf } from './delegations.ts';
import { started, startOf, terminated } from './sessions.ts';

const door = { method: 'POST', zoneIn: 'body', operator: false } as const;

export const lifecycleRoutes: readonly Route[] = [
  command({
    ...door,
    path: '/v1/begin',
    command: 'session.start',
    body: BeginBody,
    key: 'header',
    input: startOf,
    answer: started,
  }),
  command({
    ...door,
    path: '/v1/spawn-child',
    command: 'session.start',
    body: SpawnChildBody,
    key: 'header',
    input: (parts) => startOf({ ...parts, body: { ...parts.body, parent_id: parts.body.parent_agent_session_id } }),
    answer: started,
  }),
  command({
    ...door,
    path: '/v1/end',
    command: 'session.terminate',
    body: EndBody,
    query: DryRunQuery,
    input: ({ body }) => ({ id: body.agent_session_id, reason: body.reason ?? 'requested' }),
    answer: terminated,
  }),
  command({
    ...door,
    path: '/v1/exchange',
    command: 'edge.create',
    body: ExchangeBody,
    query: DryRunQuery,
    key: 'header',
    input: delegationOf,
    answer: delegated,
  }),
  command({
    ...door,
    path: '/v1/delegate-to-existing-agent',
    command: 'edge.create',
    body: DelegateToExistingAgentBody,
    query: DryRunQuery,
    key: 'header',
    input: (parts) => {
      const { from_agent_session_id: source, to_agent_session_id: target, ...terms } = parts.body;
      return delegationOf({ ...parts, body: { ...terms, source_session_id: source, target_session_id: target } });
    },
    answer: delegated,
  }),
  command({
    ...door,
    path: '/v1/revoke-delegation',
    command: 'edge.revoke',
    body: RevokeDelegationBody,
    query: DryRunQuery,
    input: ({ body }) => ({ id: body.delegation_edge_id }),
    answer: (done) => ({ status: 200, body: revokedView(done) }),
  }),
];
