// The audit beside the journal: a line is written once its entry is on disk, and never for what does not get there.
import { expect } from 'chai';
import { createLogger } from '../../src/log.ts';
import { LogLines } from '../world/log-lines.ts';
import { ZoneWorld } from '../world/zone-world.ts';

/** A promise and what resolves it. */
const signal = (): [Promise<void>, () => void] => {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return [given, () => give()];
};

describe('the audit of a zone', () => {
  const worldOn = (disk: () => Promise<void>) => {
    const lines = new LogLines();
    const log = createLogger({ level: 'info', terminal: false, destination: lines });
    return { lines, world: new ZoneWorld({ contents: new Map(), disk, log }) };
  };

  it('waits for the disk', async () => {
    const [writing, reached] = signal();
    const [written, release] = signal();
    const { lines, world } = worldOn(() => {
      reached();
      return written;
    });
    const starting = world.start({ id: 's-a' });
    await writing;
    expect(lines.audit).to.deep.equal([]);
    release();
    await starting;
    expect(lines.audit).to.have.length(1);
    expect(lines.audit[0]).to.deep.include({ what: 'session.start', seq: 1, requestId: 'r-1' });
  });

  it('says nothing of what did not reach it', async () => {
    const { lines, world } = worldOn(() => Promise.reject(new Error('the disk is gone')));
    const { answer } = await world.start({ id: 's-a' });
    expect(answer).to.have.property('code', 'journal_unavailable');
    expect(lines.audit).to.deep.equal([]);
  });
});
