// The routes of service agents, their heartbeats and their leases, a row each.
import type { Static } from 'typebox';
import { Heartbeat, LeaseTaken, Service, ServicePage } from '../../schemas/answers-services.ts';
import { PageQuery } from '../../schemas/primitives.ts';
import { HeartbeatBody, RegisterBody } from '../../schemas/service.ts';
import type { ServiceDone } from '../../zone/commands.ts';
import { sessionTag } from '../../zone/entity-tags.ts';
import { command, query, type Answer, type Parts, type Route } from '../route.ts';
import { pageView } from '../views/pages.ts';
import { heartbeatView, leaseView, serviceView } from '../views/services.ts';
import { pageOf } from './page.ts';

const SERVICES = '/zones/:zoneId/agent-services';
const SESSION = '/zones/:zoneId/agents/:id';

export const serviceRoutes: readonly Route[] = [
  command({
    operationId: 'registerService',
    summary: 'Register a service agent, or update it',
    method: 'POST',
    path: SERVICES,
    command: 'service.register',
    body: RegisterBody,
    answers: { 201: Service },
    refusals: ['application_ownership_required', 'application_not_found', 'service_zone_limit_exceeded'],
    operator: false,
    input: registrationOf,
    answer: registered,
  }),
  query({
    operationId: 'listServices',
    summary: 'List the service agents of a zone, newest first',
    method: 'GET',
    path: SERVICES,
    ask: 'service.list',
    query: PageQuery,
    answers: { 200: ServicePage },
    refusals: [],
    operator: true,
    input: pageOf,
    view: (page, zone) => pageView(page, (service) => serviceView(zone, service)),
  }),
  command({
    operationId: 'sendHeartbeat',
    summary: 'Say that a session lives, and how its service is',
    method: 'POST',
    path: `${SESSION}/heartbeat`,
    command: 'session.heartbeat',
    body: HeartbeatBody,
    answers: { 200: Heartbeat },
    refusals: [
      'agent_not_found',
      'application_ownership_required',
      'agent_not_live',
      'session_not_live',
      'session_not_service',
      'session_lease_fenced',
      'agent_service_not_found',
      'agent_lease_expired',
      'session_lease_expired',
      'metadata_too_large',
    ],
    operator: false,
    input: heartbeatOf,
    answer: (done, zone, { body }) => ({ status: 200, body: heartbeatView(zone, done, body.active_invocations ?? 0) }),
    tag: ({ session }) => sessionTag(session),
  }),
  command({
    operationId: 'takeLease',
    summary: 'Take the lease of a service session over, and fence its holder off',
    method: 'POST',
    path: `${SESSION}/lease`,
    command: 'session.take-lease',
    answers: { 200: LeaseTaken },
    refusals: [
      'agent_not_found',
      'application_ownership_required',
      'session_not_live',
      'session_not_service',
      'session_suspended',
    ],
    operator: false,
    input: ({ id }) => ({ id }),
    answer: ({ session }, zone) => ({ status: 200, body: leaseView(zone, session) }),
    tag: ({ session }) => sessionTag(session),
  }),
];

function registrationOf({ newId, body }: Parts<Static<typeof RegisterBody>, unknown>) {
  return {
    id: newId,
    applicationId: body.application_id,
    // One service per endpoint: different spellings of one address are the same address (WHATWG URL, section 4.5).
    endpointUrl: new URL(body.endpoint_url).href,
    protocolVersions: body.protocol_versions ?? [],
    frameworkName: body.framework?.name ?? null,
    frameworkVersion: body.framework?.version ?? null,
    capabilities: body.capabilities ?? [],
    metadata: body.metadata ?? {},
  };
}

function registered({ service }: ServiceDone, zone: string): Answer {
  return { status: 201, body: serviceView(zone, service) };
}

function heartbeatOf({ id, body }: Parts<Static<typeof HeartbeatBody>, unknown>) {
  return {
    id,
    serviceId: body.service_id ?? null,
    health: body.status ?? 'healthy',
    metadata: body.metadata ?? {},
    leaseGeneration: body.lease_generation ?? null,
  };
}
