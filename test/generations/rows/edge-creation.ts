// Delegated authority: creating edges.
import { isDeepStrictEqual } from 'node:util';
import { both, same, type Row } from '../row.ts';
import type { Fields, Setting } from '../setting.ts';

const CREATE = 'POST /zones/:zoneId/delegations';
export const TERMS = ['source_session_id', 'target_session_id', 'issuer_application_id', 'receiver_application_id'];
const READS = ['delegation_edge_id', ...TERMS, 'parent_edge_id', 'resource_id', 'scopes', 'constraints_json', 'status'];
const READS_LATER = ['expires_at', 'edge_version', 'revoked_at', 'created_at', 'warnings', 'allow_reason.0'];
const EFFECTIVE = ['scopes', 'resources', 'expires_at', 'max_hops', 'ttl_seconds', 'broad', 'parent_edges_considered'];

const isParent = (value: unknown, body: Readonly<Record<string, unknown>>): boolean =>
  isDeepStrictEqual(value, [body['parent_edge_id']]);

const between = async (setting: Setting, fields: Fields = {}) =>
  setting.delegate(await setting.session(), await setting.session(), fields);

const refused = (
  input: string,
  code: string,
  send: Row['send'],
  fields: Partial<Pick<Row, 'july' | 'one' | 'world'>> = {},
): Row => ({ call: CREATE, input, ...same(code), send, ...fields });

/** An edge to a session of app-b, asked for by app-a alone. */
const toOther = async (setting: Setting, fields: Fields = {}) => {
  const target = await setting.session({ application_id: 'app-b' }, await setting.as('app-b'));
  return setting.delegate(await setting.session(), target, { receiver_application_id: 'app-b', ...fields });
};

export const edgeCreationRows: readonly Row[] = [
  {
    call: CREATE,
    input: 'a resource, with scopes and constraints',
    ...same('201'),
    reads: { both: [...READS, ...READS_LATER, ...EFFECTIVE.map((name) => `effective_authority.${name}`)] },
    send: (setting) => between(setting),
  },
  {
    call: CREATE,
    input: 'a resource by its identifier: it is stored by its id',
    ...same('201'),
    reads: { both: ['resource_id', 'effective_authority.resources.0'] },
    shows: { resource_id: 'files', 'effective_authority.resources': ['urn:files'] },
    send: async (setting) => {
      await setting.resource('files');
      return between(setting, { resource_id: 'urn:files' });
    },
  },
  {
    call: CREATE,
    input: 'no resource, with the right to do so: `broad_reason` is set',
    ...same('201'),
    reads: { both: ['warnings.0', 'constraints_json.broad_reason', 'constraints_json.policy_approved'] },
    shows: {
      'constraints_json.broad_reason': 'resource_null_delegation',
      warnings: ['resource_null_delegation_broadens_resource_matching'],
    },
    send: async (setting) => {
      const broad = await setting.as('app-a', 'coordinator.delegate_broad');
      return setting.delegate(await setting.session(), await setting.session(), { resource_id: null }, broad);
    },
  },
  {
    call: CREATE,
    input: 'below an edge that the source holds: it is listed in `parent_edges_considered`',
    ...same('201'),
    reads: { both: ['parent_edge_id', 'effective_authority.parent_edges_considered.0'] },
    shows: { 'effective_authority.parent_edges_considered': isParent },
    send: async (setting) => {
      const [, source] = await setting.delegatedPair();
      return setting.delegate(source, await setting.session(), { constraints: { max_hops: 1 } });
    },
  },
  refused('`constraints: []`', '400 invalid_delegation_constraint', (setting) => between(setting, { constraints: [] })),
  refused('an unknown constraint', '400 invalid_delegation_constraint', (setting) =>
    between(setting, { constraints: { colour: 'blue' } }),
  ),
  refused('`max_hops` that differs from `max_depth`', '400 invalid_max_hops', (setting) =>
    between(setting, { constraints: { max_hops: 2, max_depth: 3 } }),
  ),
  refused('`budget: 0`', '400 invalid_budget', (setting) => between(setting, { constraints: { budget: 0 } })),
  {
    call: CREATE,
    input: '`budget: 1024`',
    july: '201',
    one: '400 invalid_budget',
    ours: '201',
    send: (setting) => between(setting, { constraints: { budget: 1024 } }),
  },
  refused('no expiry', '400 delegation_expiry_required', (setting) => between(setting, { expires_at: null })),
  refused('an expiry in the past', '400 delegation_expired', (setting) =>
    between(setting, { expires_at: '2020-01-01T00:00:00Z' }),
  ),
  refused('from a session to itself', '400 self_delegation_denied', async (setting) => {
    const session = await setting.session();
    return setting.delegate(session, session);
  }),
  refused('issued by another application', '403 issuer_ownership_required', (setting) =>
    between(setting, { issuer_application_id: 'app-b' }),
  ),
  refused('no resource, without the right to do so', '403 broad_delegation_permission_required', (setting) =>
    between(setting, { resource_id: null }),
  ),
  refused('to another application, `RECEIVER_CONSENT=required`', '403 receiver_consent_required', toOther, {
    one: '201, the receiver consents by presenting the edge',
  }),
  {
    call: CREATE,
    input: 'to another application, `RECEIVER_CONSENT=presented`',
    july: null,
    one: '201, the receiver consents by presenting the edge',
    ours: '201',
    world: 'presented',
    send: toOther,
  },
  refused(
    'a resource of another application, `RECEIVER_CONSENT=required`',
    '403 resource_ownership_required',
    async (setting) => {
      await setting.resource('theirs', 'app-b');
      return between(setting, { resource_id: 'theirs' });
    },
    { one: '201' },
  ),
  {
    call: CREATE,
    input: 'a resource of another application, `RECEIVER_CONSENT=presented`',
    july: null,
    one: '201',
    ours: '201',
    world: 'presented',
    send: async (setting) => {
      await setting.resource('theirs', 'app-b');
      return between(setting, { resource_id: 'theirs' });
    },
  },
  refused('a scope that the resource does not offer', '403 delegation_scopes_exceed_resource', async (setting) => {
    await setting.resource('files');
    return between(setting, { resource_id: 'files', scopes: ['erase'] });
  }),
  refused('more scopes than the parent edge has', '403 delegation_exceeds_parent_authority', async (setting) => {
    const [, source] = await setting.delegatedPair();
    return setting.delegate(source, await setting.session(), {
      scopes: ['read', 'write'],
      constraints: { max_hops: 1 },
    });
  }),
  refused(
    'a larger `budget` than the number of scopes of the parent edge, which has no `budget`',
    '403 delegation_exceeds_parent_authority',
    async (setting) => {
      const [, source] = await setting.delegatedPair();
      return setting.delegate(source, await setting.session(), { constraints: { max_hops: 1, budget: 2 } });
    },
    both('201'),
  ),
  refused('a parent edge that the source does not hold', '403 parent_delegation_not_active', async (setting) => {
    const [, source] = await setting.delegatedPair();
    return setting.delegate(source, await setting.session(), {
      parent_edge_id: 'nothing',
      constraints: { max_hops: 1 },
    });
  }),
  refused(
    'a parent edge, from a source that holds none',
    '403 parent_delegation_not_active',
    (setting) => between(setting, { parent_edge_id: 'nothing' }),
    both('201, the parent edge is ignored'),
  ),
  refused('several parent edges, none named', '409 parent_delegation_ambiguous', async (setting) => {
    const [first, source] = await setting.delegatedPair();
    await setting.edge(first, source);
    return setting.delegate(source, await setting.session(), { constraints: { max_hops: 1 } });
  }),
  refused('an unknown session', '404 delegation_endpoint_not_found', async (setting) =>
    setting.delegate(await setting.session(), 'nothing'),
  ),
  refused(
    'an unknown resource, directory closed',
    '404 resource_not_found',
    async (setting) => {
      await setting.register('applications/app-a', { registration_method: 'managed' });
      await setting.register('subject-sessions/user-1', { session_type: 'user', expires_at: '2027-01-01T00:00:00Z' });
      return between(setting, { resource_id: 'nothing' });
    },
    { world: 'closed' },
  ),
  refused('sessions of other applications than named', '409 delegation_application_mismatch', async (setting) => {
    const target = await setting.session({ application_id: 'app-b' }, await setting.as('app-b'));
    return setting.delegate(await setting.session(), target);
  }),
  refused('an edge that would close a cycle', '409 delegation_cycle_denied', async (setting) => {
    const [source, target] = await setting.delegatedPair();
    return setting.delegate(target, source, { constraints: { max_hops: 1 } });
  }),
];
