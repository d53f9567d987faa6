// What may use the space that is kept for stops while the disk is full, and which requests open a zone for writing.
import { expect } from 'chai';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { lessens } from '../../src/zone/decisions/lessening.ts';
import { STOP_BODY_BYTES_MAX } from '../../src/zone/limits.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { OWNER } from '../world/zone-world.ts';
import { invocationInput, serviceInput } from './inputs.ts';
import { Scarce } from './scarce.ts';

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);

describe('a zone on a disk with space for stops only', () => {
  it('carries out no additions', () => {
    const adding = [
      'session.start',
      'session.resume',
      'session.heartbeat',
      'invocation.create',
      'edge.create',
    ] as const;
    expect(adding.filter((type) => lessens(type))).to.deep.equal([]);
    expect([lessens('invocation.cancel'), lessens('invocation.complete')]).to.deep.equal([true, false]);
  });

  it('carries out no completion, and no cancellation with a large body', async () => {
    const scarce = new Scarce();
    const { world } = scarce;
    await world.execute('service.register', serviceInput({ id: 'sv-1' }));
    for (const id of ['i-1', 'i-2']) {
      await world.execute('invocation.create', invocationInput({ id, timeoutMs: 900_000 }));
      await world.execute('invocation.start', { id });
    }
    const head = await scarce.head();
    scarce.runFull('lessening');
    const outcome = { id: 'i-1', status: 'failed', error: null, metadata: {}, attempt: null } as const;
    const large = { id: 'i-2', reason: 'x'.repeat(STOP_BODY_BYTES_MAX) };
    expect(codeOf(await world.execute('invocation.complete', outcome))).to.equal('journal_unavailable');
    expect(codeOf(await world.execute('invocation.cancel', large))).to.equal('journal_unavailable');
    expect(await scarce.head()).to.equal(head);
    expect(codeOf(await world.execute('invocation.cancel', { id: 'i-2', reason: 'late' }))).to.equal(null);
    expect(codeOf(await world.execute('invocation.cancel', { ...large, id: 'i-1' }))).to.equal('journal_unavailable');
    expect(codeOf(await world.execute('invocation.complete', outcome))).to.equal('journal_unavailable');
    expect(await scarce.head()).to.equal(head + 1);
  });

  it('journals what is due only once a stop was accepted by rights and state', async () => {
    const scarce = new Scarce();
    const { world } = scarce;
    const stranger = { caller: { ...OWNER, applicationId: 'app-z' } } as const;
    await world.start({ id: 's-a' });
    await world.start({ id: 's-b', ttlSeconds: 60 });
    scarce.runFull('lessening');
    world.clock.advance(60_000);
    const stop = (id: string) => ({ id, reason: 'stop' });
    expect(codeOf(await world.execute('session.terminate', stop('nobody'), stranger))).to.equal('agent_not_found');
    expect(codeOf(await world.execute('session.terminate', stop('s-a'), stranger))).not.to.equal(null);
    expect(codeOf(await world.execute('session.terminate', stop('s-b')))).not.to.equal(null);
    expect(codeOf(await world.execute('session.terminate', stop('s-a'), { dryRun: true }))).to.equal(null);
    await (await world.zones.get('z1')).tick();
    expect(await scarce.head()).to.equal(2);
    const stops = ['one', 'two'].map((reason) => world.execute('session.terminate', { id: 's-a', reason }));
    expect((await Promise.all(stops)).filter((reply) => codeOf(reply) === null)).to.have.length(1);
    expect(await scarce.head()).to.equal(4);
    expect((await replayZone('z1', world.store)).divergence).to.equal(null);
  });
});
