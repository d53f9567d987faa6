// Spans, as an SDK that is registered beside the coordinator gets them, and the trace of a change on its way to whoever is told.
import { trace, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import { createOwnIssuer } from '../../src/auth/own-issuer.ts';
import { LogLines } from '../world/log-lines.ts';
import { World } from '../world/world.ts';
import { EventReader } from './event-reader.ts';

const AGENTS = '/zones/z1/agents';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const headers = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'vendor=state' };

describe('the spans of a request', () => {
  const exporter = new InMemorySpanExporter();
  const log = new LogLines();
  let world: World;
  before(async () => {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    world = await World.create({ LOG_LEVEL: 'debug' }, log);
  });
  after(async () => {
    trace.disable();
    await world.destroy();
  });

  /** The spans that something left, those that ended last first: a parent ends after its child. */
  const spansOf = async (what: () => Promise<unknown>): Promise<readonly ReadableSpan[]> => {
    exporter.reset();
    await what();
    return exporter.getFinishedSpans().toReversed();
  };

  it('are one of the server and one of the zone below it, below the span of the caller', async () => {
    const id = await world.session();
    const path = `${AGENTS}/${id}/suspend`;
    const spans = await spansOf(() => world.call('PATCH', `${path}?dry_run=false`, undefined, { headers }));
    expect(spans).to.have.length(2);
    const [server, zone] = spans as [ReadableSpan, ReadableSpan];
    expect(server.name).to.equal('PATCH /zones/:zoneId/agents/:id/suspend');
    expect(server.kind).to.equal(SpanKind.SERVER);
    expect(server.parentSpanContext).to.deep.include({ traceId: TRACE, spanId: SPAN, isRemote: true });
    expect(server.spanContext().traceState?.get('vendor')).to.equal('state');
    expect(server.attributes).to.deep.equal({
      'http.request.method': 'PATCH',
      'url.path': path,
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
      'http.route': '/zones/:zoneId/agents/:id/suspend',
      'http.response.status_code': 200,
      'client.address': '127.0.0.1',
    });
    expect([zone.name, zone.kind]).to.deep.equal(['session.suspend', SpanKind.INTERNAL]);
    expect(zone.parentSpanContext?.spanId).to.equal(server.spanContext().spanId);
    const { 'coordinator.seq': seq, ...attributes } = zone.attributes;
    expect(attributes).to.deep.equal({ 'coordinator.zone': 'z1', 'coordinator.command': 'session.suspend' });
    expect(seq).to.be.above(0);
  });

  it('name refusals, and count none of the caller’s as an error', async () => {
    const [server, zone] = await spansOf(() => world.call('PATCH', `${AGENTS}/nothing/suspend`));
    for (const span of [server, zone]) {
      expect(span?.attributes).to.include({ 'coordinator.refusal': 'agent_not_found' });
      expect(span?.status.code).to.equal(SpanStatusCode.UNSET);
    }
  });

  it('are one alone where no zone is asked, with no name that a caller chose', async () => {
    const spans = await spansOf(async () => {
      await world.call('GET', `${AGENTS}/a`, undefined, { token: null });
      await world.call('GET', '/nowhere/at/all');
      await world.raw('PROPFIND / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    });
    expect(spans.map(({ name }) => name).toReversed()).to.deep.equal(['GET /zones/:zoneId/agents/:id', 'GET', 'HTTP']);
    expect(spans[0]?.attributes['http.request.method']).to.equal('_OTHER');
  });

  it('tell faults as errors, and not what they say', async () => {
    const issuer = 'https://issuer.example';
    const silent = await World.create({ ISSUER_URL: issuer, STS_URL: 'http://127.0.0.1:1' });
    const { mint } = createOwnIssuer({ dataDir: silent.dir, issuer, clock: silent.clock });
    const who = { zone: 'z1', applicationId: 'app-a', subject: 'tester', scope: 'agent:lifecycle' };
    const token = await mint({ ...who, ttlSeconds: 60, now: silent.clock.now() });
    const [server] = await spansOf(() => silent.call('GET', AGENTS, undefined, { token }));
    expect(server?.status).to.deep.equal({ code: SpanStatusCode.ERROR });
    expect(server?.attributes).to.include({ 'error.type': '503', 'coordinator.refusal': 'issuer_unavailable' });
    await silent.destroy();
  });

  it('lend their trace to a request that came with none: in the log, the journal and the audit', async () => {
    const id = await world.session();
    const [server] = await spansOf(() => world.call('PATCH', `${AGENTS}/${id}/suspend`));
    const { traceId } = server?.spanContext() ?? { traceId: '' };
    expect(server?.parentSpanContext).to.equal(undefined);
    const { body } = await world.call('GET', `${AGENTS}/${id}/history`);
    const entries = body['items'] as readonly { readonly by: { readonly trace_id: string | null } }[];
    expect(entries.at(-1)?.by.trace_id).to.equal(traceId);
    const lines = log.parsed.filter((line) => line['traceId'] === traceId).map(({ msg }) => msg);
    expect(lines).to.have.members(['audit', 'request']);
  });
});

describe('the trace of a change', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  it('is told with every event of it, and none where there was none, also to whoever comes back', async () => {
    const follow = async (query: string) => EventReader.open(world.url, { token: await world.token(), query });
    const live = await follow('');
    const id = await world.session({}, { headers });
    await world.session({ parent_id: id });
    await world.call('PATCH', `${AGENTS}/${id}/suspend`, undefined, { headers });
    const later = await follow('?from=0');
    const events = ['spawn', 'spawn', 'suspend', 'revoke', 'suspend', 'revoke'];
    const traces = [TRACE, undefined, ...Array<string>(4).fill(TRACE)];
    for (const reader of [live, later]) {
      const seen = await reader.count(traces.length);
      expect(seen.map(({ data }) => data['event'] ?? 'revoke')).to.deep.equal(events);
      expect(seen.map(({ data }) => data['trace_id'])).to.deep.equal(traces);
      reader.close();
    }
  });
});
