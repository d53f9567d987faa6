// How service agents and heartbeats look on the wire.
import { isoInstant } from '../../clock.ts';
import type { HeartbeatDone } from '../../zone/commands.ts';
import type { ServiceView, SessionView } from '../../zone/reading/views.ts';
import { heartView } from './sessions.ts';

export const serviceView = (zone: string, { record, heardAt, metadata }: ServiceView) => ({
  id: record.id,
  zone_id: zone,
  application_id: record.context.applicationId,
  endpoint_url: record.context.endpointUrl,
  protocol_versions: record.context.protocolVersions,
  framework_name: record.context.frameworkName,
  framework_version: record.context.frameworkVersion,
  capabilities: record.context.capabilities,
  health: record.state,
  metadata_json: metadata,
  // The registration counts as the first heartbeat: the time without heartbeats is measured from it.
  last_heartbeat_at: isoInstant(heardAt ?? record.context.startedAt),
});

/** The answer to a lease takeover. 1.0's clients read the top-level members. */
export const leaseView = (zone: string, session: SessionView) => {
  const agent = heartView(zone, session);
  const { status, heartbeat_deadline_at, lease_generation } = agent;
  return { status, heartbeat_deadline_at, lease_generation, agent };
};

export const heartbeatView = (zone: string, { session, service }: HeartbeatDone, activeInvocations: number) => ({
  agent: heartView(zone, session),
  service: service && serviceView(zone, service),
  active_invocations: activeInvocations,
});
