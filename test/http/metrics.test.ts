// What the coordinator says of itself in figures: scraped before and after real requests, by whoever may.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';
import { EventReader } from './event-reader.ts';

const SCRAPER = 'a-bearer-for-prometheus';

/** Values by name and labels, as they stand in the text. */
const seriesOf = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))] as const;
      }),
  );

describe('the metrics', () => {
  let world: World;
  let callers: Callers;
  beforeEach(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  afterEach(() => world.destroy());

  const scrape = async () => {
    const { status, text } = await world.call('GET', '/metrics', undefined, { token: OPERATOR_TOKEN });
    expect(status).to.equal(200);
    return seriesOf(text);
  };

  it('count requests by template, method and status, and refusals by code', async () => {
    const id = await world.session();
    await world.call('GET', `/zones/z1/agents/${id}`);
    await world.call('GET', '/zones/z1/agents/nobody');
    await world.call('GET', '/no/such/path');
    const series = await scrape();
    const requests = (labels: string) => series.get(`coordinator_http_request_duration_seconds_count{${labels}}`);
    expect(requests('route="/zones/:zoneId/agents",method="POST",status="201"')).to.equal(1);
    expect(requests('route="/zones/:zoneId/agents/:id",method="GET",status="200"')).to.equal(1);
    expect(requests('route="/zones/:zoneId/agents/:id",method="GET",status="404"')).to.equal(1);
    expect(requests('route="none",method="GET",status="404"')).to.equal(1);
    expect(series.get('coordinator_refusals_total{code="agent_not_found"}')).to.equal(1);
  });

  it('tell of actors by machine and state, as they are now, in memory and after a restart', async () => {
    const [root, other] = [await world.session(), await world.session()];
    await world.session({ parent_id: root });
    await callers.delegate(root, other);
    await callers.service();
    await world.call('PATCH', `/zones/z1/agents/${root}/suspend`);
    const check = async (ended: number) => {
      const series = await scrape();
      const actors = (machine: string, state: string) =>
        series.get(`coordinator_actors{machine="${machine}",state="${state}"}`) ?? 0;
      expect([actors('session', 'active'), actors('session', 'suspended')]).to.deep.equal([1, 2 - ended * 2]);
      expect(actors('session', 'terminated')).to.equal(0);
      expect([actors('edge', 'active'), actors('service', 'starting')]).to.deep.equal([1 - ended, 1]);
      expect(series.get('coordinator_zones_awake')).to.equal(1);
    };
    await check(0);
    await world.restart();
    await world.call('GET', '/zones/z1/agents');
    await check(0);
    await world.call('DELETE', `/zones/z1/agents/${root}`);
    await check(1);
  });

  it('count live invocations by status, and no ended ones', async () => {
    const counts = async () => {
      const { body } = await world.call('GET', '/stats', undefined, { token: OPERATOR_TOKEN });
      const series = await scrape();
      for (const [status, count] of Object.entries(body['invocations'] as Record<string, number>))
        expect(series.get(`coordinator_invocations{status="${status}"}`)).to.equal(count);
      return body['invocations'];
    };
    const none = { pending: 0, running: 0, cancel_requested: 0, failed: 0 };
    expect(await counts()).to.deep.equal(none);
    const service = await callers.service();
    const [session, ids] = [await world.session(), [] as string[]];
    for (let n = 0; n < 5; n += 1)
      ids.push(await callers.invocation({ service_id: service, source_session_id: session }));
    const [, running = '', cancelling = '', retrying = '', done = ''] = ids;
    for (const id of [running, cancelling, retrying, done]) await callers.move(id, 'start');
    await callers.move(cancelling, 'cancel');
    await callers.move(retrying, 'complete', { status: 'failed' });
    await callers.move(done, 'complete', { status: 'succeeded' });
    const live = { pending: 1, running: 1, cancel_requested: 1, failed: 1 };
    expect(await counts()).to.deep.equal(live);
    await world.restart();
    await callers.get(running);
    expect(await counts()).to.deep.equal(live);
    await world.call('DELETE', `/zones/z1/agents/${session}`);
    expect(await counts()).to.deep.equal({ ...none, cancel_requested: 2 });
    world.clock.advance(30_000);
    await callers.get(running);
    expect(await counts()).to.deep.equal(none);
  });

  it('report an empty outbox in /stats without Redis', async () => {
    await world.session();
    const { body } = await world.call('GET', '/stats', undefined, { token: OPERATOR_TOKEN });
    expect(body['outbox']).to.deep.equal({ pending: 0, dead: 0 });
  });

  it('tell of commits, deadlines, checkpoints and subscribers', async () => {
    const reader = await EventReader.open(world.url, { token: await world.token() });
    for (let n = 0; n < 3; n += 1) await world.session();
    await reader.count(3);
    const series = await scrape();
    const of = (name: string) => series.get(`coordinator_${name}`);
    expect(of('journal_batch_entries_sum')).to.equal(3);
    expect(of('journal_commit_duration_seconds_count')).to.be.within(1, 3);
    expect([of('deadlines_waiting'), of('checkpoint_lag_entries'), of('journal_queue_entries')]).to.deep.equal([
      3, 3, 0,
    ]);
    const names = ['event_subscribers', 'events_published_total', 'events_delivered_total'];
    expect(names.map((name) => of(name))).to.deep.equal([1, 3, 3]);
    expect(of('zones_faulted')).to.equal(0);
    reader.close();
  });

  it('are the same figures as /stats, and name nobody', async () => {
    const id = await world.session({ labels: ['secret-label'], metadata: { secret: 'of-mine' } });
    const { text } = await world.call('GET', '/metrics', undefined, { token: OPERATOR_TOKEN });
    const { body } = await world.call('GET', '/stats', undefined, { token: OPERATOR_TOKEN });
    const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    expect(new Set(Object.keys(body))).to.deep.equal(new Set(['invocations', 'outbox', ...names]));
    for (const word of [id, 'secret', 'of-mine', 'user-1', 'app-a', 'z1']) expect(text).not.to.contain(`"${word}`);
  });

  it('follow the conventions: a prefix, a unit, a sentence', async () => {
    const { text } = await world.call('GET', '/metrics', undefined, { token: OPERATOR_TOKEN });
    const own = [...text.matchAll(/^# HELP (coordinator_\S+) (.+)$/gm)];
    expect(own.length).to.be.above(9);
    for (const [, name = '', help = ''] of own) {
      expect(name).to.match(
        /_(?:seconds|entries|total|actors|invocations|awake|faulted|damaged|waiting|only|unwritable|subscribers|connected|in_flight|bytes|disputed|steady)$/,
      );
      expect(help).to.match(/\.$/);
    }
  });

  it('have a dashboard that asks only for what there is', async () => {
    const { text } = await world.call('GET', '/metrics', undefined, { token: OPERATOR_TOKEN });
    const names = [...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
    const dashboard = readFileSync(new URL('../../docs/grafana-dashboard.json', import.meta.url), 'utf8');
    const asked = [...dashboard.matchAll(/"expr": "((?:[^"\\]|\\.)*)"/g)].map(([, expr = '']) => expr);
    expect(asked.length).to.be.above(8);
    for (const expr of asked)
      for (const [name] of expr.matchAll(/\b(?:coordinator|nodejs|process)_\w+/g)) expect(names).to.include(name);
  });

  it('are for the operator, or for the bearer that was set for them', async () => {
    const get = async (path: string, token: string | null) => world.call('GET', path, undefined, { token });
    expect(refusalOf(await get('/metrics', null))).to.deep.equal([401, 'missing_token']);
    await world.restart({ METRICS_BEARER: SCRAPER });
    expect((await get('/metrics', SCRAPER)).status).to.equal(200);
    expect(refusalOf(await get('/metrics', OPERATOR_TOKEN))).to.deep.equal([401, 'invalid_token']);
    expect(refusalOf(await get('/stats', SCRAPER))).to.deep.equal([401, 'invalid_token']);
    expect((await get('/stats', OPERATOR_TOKEN)).status).to.equal(200);
  });

  it('refuse every JWT with operator_token_required', async () => {
    const valid = await world.token();
    const part = (claims: unknown) => Buffer.from(JSON.stringify(claims)).toString('base64url');
    const jwts = [
      valid,
      await world.token({ zone: 'z2', scope: 'coordinator.admin' }),
      await world.token({ ttlSeconds: -3_600 }),
      `${valid.slice(0, -4)}AAAA`,
      `${part({ alg: 'none' })}.${part({})}.`,
    ];
    const others = [
      'x'.repeat(40),
      'a.b.c',
      `${part({ alg: 'ES256' })}.${part([])}.x`,
      `${part('text')}.${part({})}.x`,
    ];
    for (const path of ['/metrics', '/stats']) {
      const answer = async (token: string) => refusalOf(await world.call('GET', path, undefined, { token }));
      for (const token of jwts) expect(await answer(token)).to.deep.equal([403, 'operator_token_required']);
      for (const token of others) expect(await answer(token)).to.deep.equal([401, 'invalid_token']);
    }
  });
});
