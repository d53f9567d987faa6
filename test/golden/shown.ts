// What callers see of a zone, as the API shows it: what has to stay the same however the inside of the coordinator changes.
import { sessionView } from '../../src/http/views/sessions.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import type { ZoneWorld } from '../world/zone-world.ts';

const ALL = { status: null, lifecycle: null, applicationId: null, label: null, limit: 500, cursor: null };

// A lease says when the zone last woke, which is no part of its history.
const WITHOUT_LEASE = { last_heartbeat_at: null, heartbeat_deadline_at: null, lease_generation: null };

export const shownOf = async (world: ZoneWorld): Promise<object[]> => {
  const { answer } = await world.look('session.list', ALL);
  if (isRefusal(answer) || !('items' in answer)) throw new Error('refused');
  return answer.items.map((session) => ({ ...sessionView('z1', session), ...WITHOUT_LEASE }));
};
