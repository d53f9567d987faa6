// The two doors to the same commands: the routes of a zone, and `/v1` with the zone in the body. A test says once what it
// asks for and goes through both.
import type { Answered, CallOptions, World } from '../world/world.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Door {
  start(fields: Fields, options?: CallOptions): Promise<Answered>;
  child(parent: string, fields: Fields, options?: CallOptions): Promise<Answered>;
  /** `query` is appended as it is. */
  end(id: string, reason?: string, query?: string, options?: CallOptions): Promise<Answered>;
  delegate(source: unknown, target: unknown, fields: Fields, query?: string, options?: CallOptions): Promise<Answered>;
  revoke(id: string, query?: string, options?: CallOptions): Promise<Answered>;
}

const ZONE = '/zones/z1';

export const zoneDoor = (world: World): Door => ({
  start: (fields, options) => world.call('POST', `${ZONE}/agents`, fields, options),
  child: (parent, fields, options) => world.call('POST', `${ZONE}/agents`, { ...fields, parent_id: parent }, options),
  end(id, reason, query = '', options = {}) {
    const said = reason === undefined ? '' : `&reason=${encodeURIComponent(reason)}`;
    return world.call('DELETE', `${ZONE}/agents/${id}?${query}${said}`, undefined, options);
  },
  delegate(source, target, fields, query = '', options = {}) {
    const body = { ...fields, source_session_id: source, target_session_id: target };
    return world.call('POST', `${ZONE}/delegations?${query}`, body, options);
  },
  revoke: (id, query = '', options = {}) =>
    world.call('PATCH', `${ZONE}/delegations/${id}/revoke?${query}`, undefined, options),
});

const sdkDoor =
  (delegating: string, from: string, to: string) =>
  (world: World): Door => {
    const post = (path: string, fields: Fields, options: CallOptions = {}) =>
      world.call('POST', `/v1/${path}`, { zone_id: 'z1', ...fields }, options);
    return {
      start: (fields, options) => post('begin', fields, options),
      child: (parent, fields, options) => post('spawn-child', { ...fields, parent_agent_session_id: parent }, options),
      end: (id, reason, query = '', options = {}) => post(`end?${query}`, { agent_session_id: id, reason }, options),
      delegate: (source, target, fields, query = '', options = {}) =>
        post(`${delegating}?${query}`, { ...fields, [from]: source, [to]: target }, options),
      revoke: (id, query = '', options = {}) => post(`revoke-delegation?${query}`, { delegation_edge_id: id }, options),
    };
  };

/** By the call with which they hand authority on. */
export const sdkDoors = {
  exchange: sdkDoor('exchange', 'source_session_id', 'target_session_id'),
  delegateToExistingAgent: sdkDoor('delegate-to-existing-agent', 'from_agent_session_id', 'to_agent_session_id'),
} as const;
