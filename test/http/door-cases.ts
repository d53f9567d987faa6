// What is asked through both doors, a row each: the answer's status and code, and the request.
import type { Answered, TokenWish, World } from '../world/world.ts';
import type { Door } from './doors.ts';

const START = { application_id: 'app-a' };
const TERMS = {
  issuer_application_id: 'app-a',
  receiver_application_id: 'app-a',
  resource_id: 'r-1',
  scopes: ['read'],
  ttl_seconds: 60,
};

/** What a case may use: a door, and tokens of the world behind it. */
export interface Behind {
  readonly door: Door;
  readonly as: (wish: TokenWish) => Promise<{ token: string }>;
  readonly root: (fields?: object) => Promise<string>;
  readonly call: World['call'];
}

export type Case = readonly [string, number, string | null, (behind: Behind) => Promise<Answered>];

const idOf = ({ body }: Answered, name: string): string => String(body[name]);

export const starts: readonly Case[] = [
  ['a start', 201, null, ({ door }) => door.start(START)],
  [
    'a start with everything it can say',
    201,
    null,
    ({ door }) =>
      door.start({
        ...START,
        subject_session_id: 'user-7',
        lifecycle: 'task',
        labels: [' a ', 'b'],
        ttl_seconds: 77,
        parent_authority: 'none',
        metadata: { a: { b: [1] }, zone_id: 'z9' },
      }),
  ],
  ['a start of a service', 201, null, ({ door }) => door.start({ ...START, lifecycle: 'service' })],
  ['a service with a TTL', 201, null, ({ door }) => door.start({ ...START, lifecycle: 'service', ttl_seconds: 9 })],
  ['a start without an application', 400, 'invalid_body', ({ door }) => door.start({})],
  [
    'a start without a subject session',
    400,
    'subject_session_id_required',
    async ({ door, as }) => door.start(START, await as({ sid: null })),
  ],
  [
    'a start for another application',
    403,
    'application_ownership_required',
    ({ door }) => door.start({ application_id: 'app-b' }),
  ],
  [
    'a start for another application by one that may',
    201,
    null,
    async ({ door, as }) => door.start({ application_id: 'app-b' }, await as({ scope: 'coordinator.spawn_for:app-b' })),
  ],
  ['a child', 201, null, async ({ door, root }) => door.child(await root(), { ...START, labels: ['c'] })],
  ['a child of nobody', 404, 'parent_not_found', ({ door }) => door.child('nothing', START)],
  ['a child of an empty name', 400, 'invalid_body', ({ door }) => door.child('', START)],
  [
    'a service under a task',
    409,
    'task_agent_cannot_spawn_service',
    async ({ door, root }) => door.child(await root(), { ...START, lifecycle: 'service' }),
  ],
  [
    'a service with a TTL under a service',
    201,
    null,
    async ({ door, root }) =>
      door.child(await root({ lifecycle: 'service' }), { ...START, lifecycle: 'service', ttl_seconds: 9 }),
  ],
  [
    'a child under another application',
    403,
    'parent_ownership_required',
    async ({ door, root, as }) => door.child(await root(), { application_id: 'app-b' }, await as({ app: 'app-b' })),
  ],
  [
    'a child of a suspended parent',
    409,
    'parent_suspended',
    async ({ door, root, call }) => {
      const parent = await root();
      await call('PATCH', `/zones/z1/agents/${parent}/suspend`);
      return door.child(parent, START);
    },
  ],
  [
    'one child too many',
    429,
    'agent_children_limit_exceeded',
    async ({ door, root }) => {
      const parent = await root();
      await door.child(parent, START);
      return door.child(parent, START);
    },
  ],
  [
    'a child that carries its parent’s authority on',
    201,
    null,
    async ({ door, root }) => {
      const parent = await root();
      await door.delegate(await root(), parent, TERMS);
      return door.child(parent, START);
    },
  ],
  [
    'a child that names an edge its parent does not hold',
    409,
    'inherit_parent_edge_not_active',
    async ({ door, root }) => door.child(await root(), { ...START, inherit_parent_edge_id: 'nothing' }),
  ],
];

export const ends: readonly Case[] = [
  ['an end', 204, null, async ({ door, root }) => door.end(await root())],
  ['an end with a reason', 204, null, async ({ door, root }) => door.end(await root(), 'no longer needed')],
  ['an end of nothing', 404, 'agent_not_found', ({ door }) => door.end('nothing')],
  [
    'a second end',
    404,
    'agent_not_found',
    async ({ door, root }) => {
      const id = await root();
      await door.end(id);
      return door.end(id);
    },
  ],
  [
    'an end by another application',
    403,
    'application_ownership_required',
    async ({ door, root, as }) => door.end(await root(), undefined, '', await as({ app: 'app-b' })),
  ],
  [
    'an end by an administrator',
    204,
    null,
    async ({ door, root, as }) =>
      door.end(await root(), undefined, '', await as({ app: 'app-b', scope: 'coordinator.admin' })),
  ],
  ['a look at what an end would end', 200, null, async ({ door, root }) => door.end(await root(), 'x', 'dry_run=true')],
  [
    'what an end with a reason leaves behind',
    200,
    null,
    async ({ door, root, call }) => {
      const id = await root();
      await door.end(id, 'trip cancelled');
      return call('GET', `/zones/z1/agents/${id}`);
    },
  ],
];

export const delegations: readonly Case[] = [
  ['a delegation', 201, null, async ({ door, root }) => door.delegate(await root(), await root(), TERMS)],
  [
    'a delegation with constraints of both names, of which the first wins',
    201,
    null,
    async ({ door, root }) =>
      door.delegate(await root(), await root(), {
        ...TERMS,
        constraints: { max_hops: 3 },
        constraints_json: { max_hops: 5, budget: 7 },
      }),
  ],
  [
    'a delegation that waits for nothing to be made',
    200,
    null,
    async ({ door, root }) => door.delegate(await root(), await root(), TERMS, 'dry_run=true'),
  ],
  ['a delegation of nobody', 400, 'invalid_body', ({ door }) => door.delegate('', 'x', TERMS)],
  [
    'a delegation with an unknown constraint',
    400,
    'invalid_delegation_constraint',
    ({ door }) => door.delegate('x', 'y', { ...TERMS, constraints: { zone_id: 'z1' } }),
  ],
  [
    'a delegation without an end',
    400,
    'delegation_expiry_required',
    ({ door }) => door.delegate('x', 'y', { ...TERMS, ttl_seconds: null }),
  ],
  [
    'a delegation by another application',
    403,
    'issuer_ownership_required',
    async ({ door, as }) => door.delegate('x', 'y', TERMS, '', await as({ app: 'app-b' })),
  ],
  [
    'a delegation to another application',
    403,
    'receiver_consent_required',
    ({ door }) => door.delegate('x', 'y', { ...TERMS, receiver_application_id: 'app-b' }),
  ],
  ['a delegation to oneself', 400, 'self_delegation_denied', ({ door }) => door.delegate('x', 'x', TERMS)],
  [
    'a broad delegation',
    403,
    'broad_delegation_permission_required',
    async ({ door, root }) => door.delegate(await root(), await root(), { ...TERMS, resource_id: null }),
  ],
  ['a delegation between nobody', 404, 'delegation_endpoint_not_found', ({ door }) => door.delegate('x', 'y', TERMS)],
  [
    'a delegation beyond its parent',
    403,
    'delegation_exceeds_parent_authority',
    async ({ door, root }) => {
      const [a, b, c] = [await root(), await root(), await root()];
      await door.delegate(a, b, TERMS);
      return door.delegate(b, c, TERMS);
    },
  ],
  [
    'a revocation, with all downstream',
    200,
    null,
    async ({ door, root }) => {
      const [a, b, c] = [await root(), await root(), await root()];
      const edge = await door.delegate(a, b, { ...TERMS, constraints: { max_hops: 2, ttl_seconds: 60 } });
      await door.delegate(b, c, TERMS);
      return door.revoke(idOf(edge, 'delegation_edge_id'));
    },
  ],
  [
    'a look at what a revocation would revoke',
    200,
    null,
    async ({ door, root }) => {
      const edge = await door.delegate(await root(), await root(), TERMS);
      return door.revoke(idOf(edge, 'delegation_edge_id'), 'dry_run=true');
    },
  ],
  ['a revocation of nothing', 404, 'delegation_not_found', ({ door }) => door.revoke('nothing')],
  [
    'a second revocation',
    404,
    'delegation_not_found',
    async ({ door, root }) => {
      const edge = idOf(await door.delegate(await root(), await root(), TERMS), 'delegation_edge_id');
      await door.revoke(edge);
      return door.revoke(edge);
    },
  ],
  [
    'a revocation by another application',
    403,
    'issuer_ownership_required',
    async ({ door, root, as }) => {
      const edge = idOf(await door.delegate(await root(), await root(), TERMS), 'delegation_edge_id');
      return door.revoke(edge, '', await as({ app: 'app-b' }));
    },
  ],
  ['an ill-formed query', 400, 'invalid_query', ({ door }) => door.revoke('nothing', 'dry_run=perhaps')],
];
