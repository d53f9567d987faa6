// Entity tags over HTTP: on what is looked at, on what a change named or made, and as conditions of looks and of changes (RFC
// 9110, sections 8.8.3 and 13).
import { expect } from 'chai';
import { OPERATOR_TOKEN, World, type Answered } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';

const ZONE = '/zones/z1';
const ON = { 'cache-control': 'max-age=0' };
const OPERATOR = { token: OPERATOR_TOKEN };

const tagOf = ({ headers }: Answered): string => headers.get('etag') ?? 'none';

describe('an entity tag', () => {
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  after(() => world.destroy());

  const look = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    world.call('GET', `${ZONE}/${path}`, undefined, { headers: { ...ON, ...headers } });
  const session = (id: string, headers = {}) => look(`agents/${id}`, headers);
  const patch = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    world.call('PATCH', `${ZONE}/${path}`, undefined, { headers });
  const start = (fields: object = {}) => world.call('POST', `${ZONE}/agents`, { application_id: 'app-a', ...fields });
  const idOf = ({ body }: Answered) => String(body['agent_session_id']);

  describe('of a session', () => {
    it('is the sequence of the last entry that changed it, on a start, a look and a change', async () => {
      const started = await start();
      const id = idOf(started);
      expect(tagOf(started)).to.equal(`"${started.headers.get('coordinator-seq')}"`);
      await start();
      expect(tagOf(await session(id))).to.equal(tagOf(started));
      const suspended = await patch(`agents/${id}/suspend`);
      expect(tagOf(suspended)).to.equal(`"${suspended.headers.get('coordinator-seq')}"`);
      expect(tagOf(await session(id)))
        .to.equal(tagOf(suspended))
        .and.not.to.equal(tagOf(started));
    });

    it('changes with the number of its children, a heartbeat that leaves no entry, and what its subtree does to it', async () => {
      const root = await world.session({ lifecycle: 'service' });
      const child = idOf(await start({ parent_id: root }));
      const tags = [tagOf(await session(root)), tagOf(await session(child))];
      await start({ parent_id: root });
      tags.push(tagOf(await session(root)));
      for (let beat = 0; beat < 2; beat += 1) {
        world.clock.advance(1_000);
        tags.push(tagOf(await callers.heartbeat(root)));
        expect(tagOf(await session(root))).to.equal(tags.at(-1));
      }
      await patch(`agents/${root}/suspend`);
      tags.push(tagOf(await session(root)), tagOf(await session(child)));
      expect(new Set(tags).size).to.equal(tags.length);
    });

    it('stays through a restart, for what lives and for what has ended', async () => {
      const [lives, ended] = [await world.session(), await world.session()];
      const end = await world.call('DELETE', `${ZONE}/agents/${ended}`);
      const before = [tagOf(await session(lives)), tagOf(await session(ended))];
      expect(tagOf(end)).to.equal(before[1]);
      await world.restart();
      expect([tagOf(await session(lives)), tagOf(await session(ended))]).to.deep.equal(before);
    });

    it('is that of the first answer where a key repeats it', async () => {
      const headers = { 'idempotency-key': 'tagged' };
      const again = () => world.call('POST', `${ZONE}/agents`, { application_id: 'app-a' }, { headers });
      const first = await again();
      await patch(`agents/${idOf(first)}/suspend`);
      expect(tagOf(await again())).to.equal(tagOf(first));
    });
  });

  describe('in If-None-Match', () => {
    it('spares whoever has it the answer', async () => {
      const id = await world.session();
      const tag = tagOf(await session(id));
      for (const named of [tag, `W/${tag}`, '*', `"other", ${tag}`, ` , "a,b",${tag} ,`]) {
        const answer = await session(id, { 'if-none-match': named });
        expect([answer.status, answer.text, tagOf(answer)], named).to.deep.equal([304, '', tag]);
        expect(answer.headers.get('coordinator-seq')).to.match(/^\d+$/);
      }
      const { status } = await world.call('HEAD', `${ZONE}/agents/${id}`, undefined, {
        headers: { ...ON, 'if-none-match': tag },
      });
      expect(status).to.equal(304);
    });

    it('gives the answer to whoever has another', async () => {
      const id = await world.session();
      const tag = tagOf(await session(id));
      await patch(`agents/${id}/suspend`);
      const answer = await session(id, { 'if-none-match': tag });
      expect([answer.status, answer.body['state']]).to.deep.equal([200, 'suspended']);
      expect((await session('nothing', { 'if-none-match': '*' })).status).to.equal(404);
    });

    it('keeps a registration from taking the place of another', async () => {
      const put = () =>
        world.call(
          'PUT',
          `${ZONE}/resources/only-once`,
          { identifier: 'urn:once', application_id: 'app-a', scopes: [] },
          { ...OPERATOR, headers: { 'if-none-match': '*' } },
        );
      expect([(await put()).status, refusalOf(await put())]).to.deep.equal([200, [412, 'precondition_failed']]);
    });
  });

  describe('in If-Match', () => {
    it('lets a change happen while what it names is as it was seen', async () => {
      const id = await world.session();
      const seen = tagOf(await session(id));
      const suspended = await patch(`agents/${id}/suspend`, { 'if-match': `"other", ${seen}` });
      expect(suspended.body).to.deep.equal({ suspended: 1 });
      const resumed = await patch(`agents/${id}/resume`, { 'if-match': tagOf(suspended) });
      expect(resumed.body).to.deep.equal({ resumed: 1 });
      const ended = await world.call('DELETE', `${ZONE}/agents/${id}`, undefined, { headers: { 'if-match': '*' } });
      expect(ended.status).to.equal(204);
    });

    it('keeps a change from happening when that is outdated, weak, or another, and leaves no entry', async () => {
      const id = await world.session();
      const outdated = tagOf(await session(id));
      await patch(`agents/${id}/suspend`);
      const now = await patch(`agents/${id}/resume`);
      for (const named of [outdated, `W/${tagOf(now)}`, '"never"']) {
        const answer = await patch(`agents/${id}/suspend`, { 'if-match': named });
        expect(refusalOf(answer), named).to.deep.equal([412, 'precondition_failed']);
        expect(answer.headers.get('coordinator-seq')).to.equal(now.headers.get('coordinator-seq'));
      }
      expect((await session(id)).body['state']).to.equal('active');
      expect(refusalOf(await session(id, { 'if-match': outdated }))).to.deep.equal([412, 'precondition_failed']);
    });

    it('lets exactly one of many through who have seen the same', async () => {
      const id = await world.session({ lifecycle: 'service' });
      const headers = { 'if-match': tagOf(await session(id)) };
      const answers = await Promise.all(Array.from({ length: 20 }, () => callers.takeLease(id, { headers })));
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
      expect(statuses).to.deep.equal([200, ...Array<number>(19).fill(412)]);
      expect((await callers.session(id))['lease_generation']).to.equal(2);
    });

    it('does not count where the request is refused anyway', async () => {
      const headers = { 'if-match': '"never"' };
      const id = await world.session();
      await patch(`agents/${id}/suspend`);
      expect(refusalOf(await patch('agents/nothing/suspend', headers))).to.deep.equal([404, 'agent_not_found']);
      expect((await patch(`agents/${id}/suspend`, headers)).status).to.equal(409);
      const token = await world.token({ app: 'app-b' });
      const foreign = await world.call('PATCH', `${ZONE}/agents/${id}/resume`, undefined, { token, headers });
      expect(foreign.status).to.equal(403);
    });

    it('counts in a dry run, which gives the tag to act with', async () => {
      const id = await world.session();
      const dry = await patch(`agents/${id}/suspend?dry_run=true`);
      expect(tagOf(dry)).to.equal(tagOf(await session(id)));
      const never = await patch(`agents/${id}/suspend?dry_run=true`, { 'if-match': '"never"' });
      expect(never.status).to.equal(412);
      expect((await patch(`agents/${id}/suspend`, { 'if-match': tagOf(dry) })).status).to.equal(200);
    });

    it('counts for a heartbeat that leaves no entry', async () => {
      const id = await world.session({ lifecycle: 'service' });
      const first = await callers.heartbeat(id);
      world.clock.advance(1_000);
      const headers = { 'if-match': tagOf(first) };
      expect((await callers.heartbeat(id, {}, { headers })).status).to.equal(200);
      world.clock.advance(1_000);
      expect(refusalOf(await callers.heartbeat(id, {}, { headers }))).to.deep.equal([412, 'precondition_failed']);
    });

    it('holds for invocations, through all that happens to them', async () => {
      const made = await callers.create({ service_id: await callers.service() });
      const id = String(made.body['id']);
      const move = (verb: 'start' | 'complete', from: Answered, body?: object) =>
        callers.move(id, verb, body, { headers: { 'if-match': tagOf(from) } });
      const started = await move('start', made);
      expect(started.status).to.equal(200);
      const success = { status: 'succeeded' };
      expect(refusalOf(await move('complete', made, success))).to.deep.equal([412, 'precondition_failed']);
      const completed = await move('complete', started, success);
      expect(tagOf(completed)).to.equal(tagOf(await callers.get(id)));
      expect((await look(`invocations/${id}`, { 'if-none-match': tagOf(completed) })).status).to.equal(304);
    });

    it('holds for edges', async () => {
      const [from, to] = [await world.session(), await world.session()];
      const made = await callers.delegate(from, to);
      const revoke = (headers: Readonly<Record<string, string>>) =>
        patch(`delegations/${String(made.body['delegation_edge_id'])}/revoke`, headers);
      expect(tagOf(made)).to.equal(`"${made.headers.get('coordinator-seq')}"`);
      expect((await revoke({ 'if-match': '"0"' })).status).to.equal(412);
      const revoked = await revoke({ 'if-match': tagOf(made) });
      expect([revoked.status, revoked.body['revoked_edges']]).to.deep.equal([200, 1]);
    });

    it('holds through the doors of the SDKs', async () => {
      const [id, other] = [await world.session(), await world.session()];
      const edge = await callers.delegate(id, other);
      const end = (headers: Readonly<Record<string, string>>) =>
        world.call('POST', '/v1/end', { zone_id: 'z1', agent_session_id: id }, { headers });
      const revocation = { zone_id: 'z1', delegation_edge_id: edge.body['delegation_edge_id'] };
      const revoke = (headers: Readonly<Record<string, string>>) =>
        world.call('POST', '/v1/revoke-delegation', revocation, { headers });
      expect([(await end({ 'if-match': '"0"' })).status, (await revoke({ 'if-match': '"0"' })).status]).to.deep.equal([
        412, 412,
      ]);
      expect((await revoke({ 'if-match': tagOf(edge) })).status).to.equal(200);
      expect((await end({ 'if-match': tagOf(await session(id)) })).status).to.equal(204);
    });

    it('holds for what is registered, whose own answer has none, and through a restart', async () => {
      const call = (method: string, body?: object, headers: Readonly<Record<string, string>> = {}) =>
        world.call(method, `${ZONE}/applications/app-tagged`, body, { ...OPERATOR, headers: { ...ON, ...headers } });
      const managed = { registration_method: 'managed' };
      expect((await call('PUT', managed, { 'if-match': '*' })).status).to.equal(412);
      expect(tagOf(await call('PUT', managed))).to.equal('none');
      const first = tagOf(await call('GET'));
      await call('PUT', managed);
      const second = tagOf(await call('GET'));
      expect(second).not.to.equal(first);
      await world.restart();
      expect((await call('GET', undefined, { 'if-none-match': second })).status).to.equal(304);
      expect((await call('DELETE', undefined, { 'if-match': first })).status).to.equal(412);
      const archived = await call('DELETE', undefined, { 'if-match': second });
      expect([archived.status, tagOf(archived)]).to.deep.equal([204, tagOf(await call('GET'))]);
    });
  });

  it('is refused where it is none', async () => {
    const id = await world.session();
    for (const name of ['if-match', 'if-none-match']) {
      for (const value of ['', '5', 'w/"5"', '"5', '"5" "6"', '"a"b"', '*, "5"', '"5", *', ',', "'5'", '"a b"']) {
        const headers = { [name]: value };
        expect(refusalOf(await session(id, headers)), value).to.deep.equal([400, 'invalid_condition']);
        expect(refusalOf(await patch(`agents/${id}/suspend`, headers)), value).to.deep.equal([
          400,
          'invalid_condition',
        ]);
      }
    }
    expect((await session(id)).body['state']).to.equal('active');
  });

  it('is no matter to what names nothing that has one', async () => {
    expect((await look('agents', { 'if-match': 'nonsense' })).status).to.equal(200);
    const answer = await world.call(
      'POST',
      `${ZONE}/agents`,
      { application_id: 'app-a' },
      { headers: { 'if-match': '"0"' } },
    );
    expect(answer.status).to.equal(201);
  });
});
