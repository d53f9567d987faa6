// Checks 8 and 9 of a delegation: the resources it names are known, the issuer's own, in agreement with each other, and offer
// the scopes that are handed on. Resources are named by id or by identifier.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';
import { Registry } from './registry.ts';

const NOT_FOUND = [404, 'resource_not_found'];
const NOT_OWNED = [403, 'resource_ownership_required'];
const INCONSISTENT = [400, 'delegation_resource_scope_mismatch'];
const BEYOND = [403, 'delegation_scopes_exceed_resource'];

interface Row {
  readonly resource: string | null;
  readonly listed?: readonly string[];
  readonly scopes?: readonly string[];
  /** The resources that the edge is for, or the refusal. */
  readonly comes: readonly string[] | readonly [number, string] | readonly (string | number)[];
  readonly details?: object;
}

const FILES = 'urn:files';
const MAIL = 'urn:mail';

const rows: readonly Row[] = [
  { resource: 'files', comes: [FILES] },
  { resource: FILES, comes: [FILES] },
  { resource: null, listed: ['files'], comes: [FILES] },
  { resource: null, listed: [FILES, 'mail'], scopes: ['read', 'send'], comes: [FILES, MAIL] },
  { resource: 'files', listed: [], comes: [FILES] },
  { resource: 'files', listed: ['files'], comes: [FILES] },
  { resource: 'files', listed: [FILES], comes: [FILES] },
  { resource: FILES, listed: ['files'], comes: [FILES] },
  { resource: FILES, listed: ['mail', 'files', FILES], comes: [MAIL, FILES] },
  { resource: 'files', scopes: [], comes: [FILES] },
  { resource: 'files', scopes: ['write', 'read'], comes: [FILES] },

  { resource: 'files', listed: ['mail'], comes: INCONSISTENT },
  { resource: FILES, listed: [MAIL], comes: INCONSISTENT },
  { resource: 'unheard-of', listed: ['files'], comes: INCONSISTENT },
  { resource: 'files', listed: ['unheard-of'], comes: INCONSISTENT },

  { resource: 'theirs', comes: NOT_OWNED },
  { resource: 'urn:theirs', comes: NOT_OWNED },
  { resource: null, listed: ['files', 'theirs'], comes: NOT_OWNED },
  { resource: 'files', listed: ['files', 'urn:theirs'], comes: NOT_OWNED },
  { resource: 'theirs', scopes: ['beyond'], comes: NOT_OWNED },

  { resource: 'gone', comes: NOT_FOUND, details: { resource: 'gone' } },
  { resource: 'urn:gone', comes: NOT_FOUND, details: { resource: 'urn:gone' } },
  { resource: null, listed: ['theirs', 'gone'], comes: NOT_FOUND, details: { resource: 'gone' } },
  { resource: 'gone', listed: ['files'], comes: NOT_FOUND, details: { resource: 'gone' } },

  { resource: 'files', scopes: ['send'], comes: BEYOND, details: { scopes: ['send'] } },
  { resource: FILES, scopes: ['read', 'a', 'b'], comes: BEYOND, details: { scopes: ['a', 'b'] } },
  { resource: 'files', scopes: ['Read'], comes: BEYOND, details: { scopes: ['Read'] } },
  {
    resource: null,
    listed: ['files', 'mail'],
    scopes: ['send', 'erase'],
    comes: BEYOND,
    details: { scopes: ['erase'] },
  },
  { resource: 'bare', scopes: ['read'], comes: BEYOND, details: { scopes: ['read'] } },

  // An open directory has no say over what was never registered; that lifts nothing of what it says of the rest.
  { resource: 'unheard-of', scopes: ['anything'], comes: ['unheard-of'] },
  { resource: null, listed: ['files', 'unheard-of'], scopes: ['read'], comes: [FILES, 'unheard-of'] },
  {
    resource: null,
    listed: ['files', 'unheard-of'],
    scopes: ['anything'],
    comes: BEYOND,
    details: { scopes: ['anything'] },
  },
  { resource: null, listed: ['unheard-of', 'theirs'], comes: NOT_OWNED },
];

const said = ({ resource, listed, scopes, comes }: Row): string => {
  const named = listed === undefined ? '' : ` among [${listed.join(', ')}]`;
  const outcome = typeof comes[0] === 'number' ? `is refused: ${comes[1]}` : `is for ${comes.join(', ')}`;
  return `over ${resource ?? 'none'}${named} with [${(scopes ?? ['read']).join(', ')}] ${outcome}`;
};

describe('a delegation', () => {
  let world: World;
  let callers: Callers;
  let registry: Registry;
  const makeSessions = async () => [await world.session(), await world.session()] as const;

  before(async () => {
    world = await World.create({ MAX_AGENTS_PER_APP: '1000' });
    callers = new Callers(world);
    registry = new Registry(world);
    await registry.register('resources', 'files');
    await registry.put('resources', 'mail', { identifier: MAIL, scopes: ['send'] });
    await registry.put('resources', 'bare', { identifier: 'urn:bare', scopes: [] });
    await registry.put('resources', 'theirs', { identifier: 'urn:theirs', application_id: 'app-b' });
    await registry.put('resources', 'gone', { identifier: 'urn:gone' });
    await registry.archive('resources', 'gone');
  });
  after(() => world.destroy());

  const delegate = async ({ resource, listed, scopes }: Partial<Row>) => {
    const [source, target] = await makeSessions();
    return callers.delegate(source, target, {
      resource_id: resource ?? null,
      ...(scopes === undefined ? {} : { scopes }),
      ...(listed === undefined ? {} : { constraints: { resources: listed } }),
    });
  };

  for (const row of rows) {
    it(said(row), async () => {
      const answer = await delegate(row);
      if (typeof row.comes[0] === 'number') {
        expect(refusalOf(answer)).to.deep.equal(row.comes);
        expect(answer.body['details']).to.deep.equal(row.details);
        return;
      }
      expect(answer.status).to.equal(201);
      expect(answer.body['effective_authority']).to.deep.include({ resources: row.comes, broad: false });
      const id = row.resource === 'urn:files' ? 'files' : row.resource;
      expect(answer.body['resource_id']).to.equal(id);
      expect(answer.body['allow_reason']).to.include('resource_scope_checked');
    });
  }

  it('over a resource of another application is its owner to make', async () => {
    const token = await world.token({ app: 'app-b' });
    const [source, target] = [await world.session({ application_id: 'app-b' }, { token }), await world.session()];
    const fields = { resource_id: 'theirs', issuer_application_id: 'app-b', receiver_application_id: 'app-a' };
    const admin = { token: await world.token({ app: 'app-b', scope: 'coordinator.delegate_to:app-a' }) };
    expect((await callers.delegate(source, target, fields, admin)).status).to.equal(201);
    const admins = await world.token({ scope: 'coordinator.admin' });
    const [ours, other] = await makeSessions();
    const answer = await callers.delegate(ours, other, { resource_id: 'theirs' }, { token: admins });
    expect(refusalOf(answer)).to.deep.equal(NOT_OWNED);
  });

  it('is judged by what is registered at that moment', async () => {
    await registry.put('resources', 'moving', { identifier: 'urn:moving', scopes: ['read'] });
    expect((await delegate({ resource: 'moving' })).status).to.equal(201);
    await registry.put('resources', 'moving', { identifier: 'urn:moving', scopes: ['write'] });
    expect(refusalOf(await delegate({ resource: 'moving' }))).to.deep.equal(BEYOND);
    await registry.put('resources', 'moving', { identifier: 'urn:moved', application_id: 'app-b' });
    expect(refusalOf(await delegate({ resource: 'urn:moved' }))).to.deep.equal(NOT_OWNED);
    // Nobody has that identifier now, so it is a name like any other.
    expect((await delegate({ resource: 'urn:moving', scopes: ['anything'] })).status).to.equal(201);
  });

  it('finds the resource that has an identifier now, not one that had it and has ended', async () => {
    await registry.put('resources', 'first', { identifier: 'urn:handed-on' });
    await registry.archive('resources', 'first');
    await registry.put('resources', 'second', { identifier: 'urn:handed-on', scopes: ['read'] });
    expect((await delegate({ resource: 'urn:handed-on' })).status).to.equal(201);
    expect(refusalOf(await delegate({ resource: 'first' }))).to.deep.equal(NOT_FOUND);
  });

  it('takes a name for an id before it takes it for an identifier', async () => {
    await registry.put('resources', 'bearer-of-name', { identifier: 'twofold', application_id: 'app-b' });
    await registry.put('resources', 'twofold', { identifier: 'urn:twofold' });
    const answer = await delegate({ resource: 'twofold' });
    expect(answer.body['effective_authority']).to.deep.include({ resources: ['urn:twofold'] });
  });

  it('narrows by identifier, however the resources of parent and child are named', async () => {
    const [root, middle, leaf] = [...(await makeSessions()), await world.session()];
    const wide = {
      constraints: { resources: ['files', 'mail'], max_hops: 3 },
      resource_id: null,
      scopes: ['read', 'send'],
    };
    expect((await callers.delegate(root, middle, wide)).status).to.equal(201);
    const within = await callers.delegate(middle, leaf, { resource_id: FILES });
    expect(within.status).to.equal(201);
    const beside = await callers.delegate(middle, await world.session(), { resource_id: 'bare', scopes: [] });
    expect(refusalOf(beside)).to.deep.equal([403, 'delegation_exceeds_parent_authority']);
    expect(beside.body['details']).to.deep.equal({ exceeds: ['resources'] });
  });

  it('is asked for its ends before its resources, and for its resources before its parent', async () => {
    const [source, target] = await makeSessions();
    const ends = await callers.delegate(source, 'nothing', { resource_id: 'gone' });
    expect(refusalOf(ends)).to.deep.equal([404, 'delegation_endpoint_not_found']);
    const parent = await callers.delegate(source, target, { resource_id: 'gone', parent_edge_id: 'nothing' });
    expect(refusalOf(parent)).to.deep.equal(NOT_FOUND);
    const scopes = await callers.delegate(source, target, { resource_id: 'files', scopes: ['x'], parent_edge_id: 'x' });
    expect(refusalOf(scopes)).to.deep.equal(BEYOND);
  });
});
