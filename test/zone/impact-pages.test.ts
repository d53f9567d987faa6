// The bytes of a page of impact, as it is sent: most lists are in the answer under the names of both generations.
import { expect } from 'chai';
import { impactView } from '../../src/http/views/delegations.ts';
import { PAGE_BYTES_MAX } from '../../src/limits.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import { OWNER, ZoneWorld } from '../world/zone-world.ts';
import { edgeInput } from './inputs.ts';

const TARGETS = 100;
const SUBJECT_BYTES = 120_000;

describe('a page of impact', () => {
  it('fits the bound of pages with all its names, and the next page continues it', async () => {
    const world = new ZoneWorld();
    for (const id of ['s-a', 's-b']) await world.start({ id });
    const first = edgeInput({
      id: 'e-0',
      sourceSessionId: 's-a',
      targetSessionId: 's-b',
      constraints: { max_hops: 2 },
    });
    await world.execute('edge.create', first);
    for (let n = 0; n < TARGETS; n += 1) {
      const id = `t-${String(n).padStart(3, '0')}`;
      await world.start({ id, subjectSessionId: id.padEnd(SUBJECT_BYTES, 'x') });
      await world.execute('edge.create', edgeInput({ id: `e-${id}`, sourceSessionId: 's-b', targetSessionId: id }));
    }

    const subjects: unknown[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const reply = await world.look('edge.impact', { id: 'e-0', limit: null, cursor }, OWNER);
      if (isRefusal(reply.answer)) throw new Error(reply.answer.code);
      const body = impactView(reply.answer);
      expect(Buffer.byteLength(JSON.stringify(body))).to.be.at.most(PAGE_BYTES_MAX);
      expect(body.affected_authority_records).to.deep.equal(body.affected_subject_sessions);
      subjects.push(...body.affected_subject_sessions);
      cursor = body.next_cursor;
      pages += 1;
    } while (cursor !== null);
    expect(pages).to.be.above(2);
    expect(new Set(subjects).size).to.equal(TARGETS + 1);
  });
});
