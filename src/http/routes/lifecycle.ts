// The doors of the SDKs: the same commands as the routes of a zone, with the zone in the body.
import { CreatedEdge, EdgeAsAsked, Revoked } from '../../schemas/answers-delegations.ts';
import { Ending, StartedSession } from '../../schemas/answers-sessions.ts';
import {
  BeginBody,
  DelegateToExistingAgentBody,
  EndBody,
  ExchangeBody,
  RevokeDelegationBody,
  SpawnChildBody,
} from '../../schemas/lifecycle.ts';
import { DryRunQuery } from '../../schemas/session.ts';
import { DELEGATE, REVOKE, START, TERMINATE } from '../refusal-groups.ts';
import { command, type Route } from '../route.ts';
import { revokedView } from '../views/delegations.ts';
import { delegated, delegationOf, tagOfEdge, tagOfNewEdge } from './delegations.ts';
import { started, startOf, tagOfSession, terminated, terminationOf } from './sessions.ts';

const door = { method: 'POST', zoneIn: 'body', operator: false } as const;

export const lifecycleRoutes: readonly Route[] = [
  command({
    operationId: 'begin',
    summary: 'Start an agent session',
    ...door,
    path: '/v1/begin',
    command: 'session.start',
    body: BeginBody,
    answers: { 201: StartedSession, 200: StartedSession },
    refusals: START,
    input: startOf,
    answer: started,
    tag: tagOfSession,
  }),
  command({
    operationId: 'spawnChild',
    summary: 'Start a child of a session',
    ...door,
    path: '/v1/spawn-child',
    command: 'session.start',
    body: SpawnChildBody,
    answers: { 201: StartedSession, 200: StartedSession },
    refusals: START,
    input: (parts) => startOf({ ...parts, body: { ...parts.body, parent_id: parts.body.parent_agent_session_id } }),
    answer: started,
    tag: tagOfSession,
  }),
  command({
    operationId: 'end',
    summary: 'End a session and everything below it',
    ...door,
    path: '/v1/end',
    command: 'session.terminate',
    stops: true,
    body: EndBody,
    query: DryRunQuery,
    answers: { 204: null, 200: Ending },
    refusals: TERMINATE,
    input: ({ body }) => terminationOf({ id: body.agent_session_id, ...body }),
    answer: terminated,
    tag: tagOfSession,
  }),
  command({
    operationId: 'exchange',
    summary: 'Hand authority from one session to another',
    ...door,
    path: '/v1/exchange',
    command: 'edge.create',
    body: ExchangeBody,
    query: DryRunQuery,
    answers: { 201: CreatedEdge, 200: EdgeAsAsked },
    refusals: DELEGATE,
    input: delegationOf,
    answer: delegated,
    tag: tagOfNewEdge,
  }),
  command({
    operationId: 'delegateToExistingAgent',
    summary: 'Hand authority to a session that runs',
    ...door,
    path: '/v1/delegate-to-existing-agent',
    command: 'edge.create',
    body: DelegateToExistingAgentBody,
    query: DryRunQuery,
    answers: { 201: CreatedEdge, 200: EdgeAsAsked },
    refusals: DELEGATE,
    input: (parts) => {
      const { from_agent_session_id: source, to_agent_session_id: target, ...terms } = parts.body;
      return delegationOf({ ...parts, body: { ...terms, source_session_id: source, target_session_id: target } });
    },
    answer: delegated,
    tag: tagOfNewEdge,
  }),
  command({
    operationId: 'revokeDelegationEdge',
    summary: 'Revoke an edge with everything downstream',
    ...door,
    path: '/v1/revoke-delegation',
    command: 'edge.revoke',
    stops: true,
    body: RevokeDelegationBody,
    query: DryRunQuery,
    answers: { 200: Revoked },
    refusals: REVOKE,
    input: ({ body }) => ({ id: body.delegation_edge_id }),
    answer: (done) => ({ status: 200, body: revokedView(done) }),
    tag: tagOfEdge,
  }),
];
