// A message on the wire, its signature against the vector that every consumer checks, and how pages are cut into steps that
// can be resumed anywhere.
import { expect } from 'chai';
import { SINK_BATCH_MESSAGES } from '../../src/limits.ts';
import { batchesOf } from '../../src/sink/batches.ts';
import { readCursor, untold, writeCursor } from '../../src/sink/cursor.ts';
import { signatureOf, streamMessageOf } from '../../src/sink/stream-message.ts';
import type { Announcement, Message } from '../../src/zone/messages/messages.ts';

const KEY = Buffer.alloc(32, 1);
const TOPIC = 'caracal.agents.lifecycle';

const message = (place: number): Message => ({
  topic: TOPIC,
  place,
  occurrence: `suspend:s${place}:7`,
  payload: { event: 'suspend', zone_id: 'z1', agent_session_id: `s${place}`, parent_id: null, reason: undefined },
});

describe('a message of a stream', () => {
  it('is signed as the vector says, whatever the order of its fields', () => {
    const fields = { zone_id: 'z1', outbox_id: 'o1', _sig: 'old', event: 'spawn', dedupe_key: 'spawn:s1' };
    expect(signatureOf(TOPIC, fields, KEY)).to.equal(
      '341e0f1ca63c28501cdc7e37c998d4ca5e741a5312c029e1e7f612edb2866b65',
    );
  });

  it('has a field for each key, strings as they are and all else as JSON', () => {
    const payload = { text: 'a "b"', list: ['x', 1], none: null, absent: undefined, count: 3, on: true };
    const { stream, fields } = streamMessageOf('z1', { seq: 4, at: 9 }, { ...message(2), payload }, null);
    expect(stream).to.equal(TOPIC);
    expect(fields.join(' ')).to.equal(
      'text a "b" list ["x",1] none null count 3 on true outbox_id z1/4.2@9 dedupe_key suspend:s2:7',
    );
  });

  it('carries a signature only where there is a key', () => {
    const streamed = (key: Buffer | null) => streamMessageOf('z1', { seq: 1, at: 1 }, message(0), key).fields;
    expect(streamed(null)).not.to.include('_sig');
    expect(streamed(KEY).indexOf('_sig')).to.equal(streamed(KEY).length - 2);
  });
});

describe('the cursor of a zone', () => {
  for (const text of ['0', '12', '12.0', '12.3']) {
    it(`is the same after being read: ${text}`, () => {
      const cursor = readCursor(text);
      expect(cursor && writeCursor(cursor)).to.equal(text);
    });
  }

  for (const text of ['x', '-1', '1.', '.1', '1.2.3', ' 1', '1e3', '9'.repeat(16)]) {
    it(`is not ${JSON.stringify(text)}`, () => expect(readCursor(text)).to.equal(null));
  }
});

describe('the steps of a page', () => {
  // Places with gaps, an entry that fills more than a step, and entries of which nothing is told.
  const wave = Array.from({ length: SINK_BATCH_MESSAGES * 2 + 7 }, (_, index) =>
    message(index + Math.floor(index / 3)),
  );
  const page: Announcement[] = [
    { seq: 5, at: 1, messages: [message(0)] },
    { seq: 6, at: 2, messages: [] },
    { seq: 7, at: 3, messages: wave },
    { seq: 8, at: 4, messages: [message(0), message(2)] },
    { seq: 9, at: 5, messages: [] },
  ];

  const START = { seq: 4, place: null };
  const idsOf = (batch: { readonly messages: readonly { readonly fields: readonly string[] }[] }) =>
    batch.messages.map(({ fields }) => fields[fields.indexOf('outbox_id') + 1]);

  it('tell everything once, in order, and no step more than may be', () => {
    const batches = [...batchesOf('z1', page, START, null)];
    expect(batches.flatMap(idsOf)).to.have.length(wave.length + 3);
    expect(new Set(batches.flatMap(idsOf)).size).to.equal(wave.length + 3);
    expect(batches.map(({ messages }) => messages.length)).to.deep.equal([500, 500, 10]);
    expect(batches.at(-1)?.next).to.equal('9');
  });

  it('go on behind each step as if there had been no end to it', () => {
    const [first, ...others] = [...batchesOf('z1', page, START, null)];
    const cursor = readCursor(first?.next ?? '');
    if (cursor === null) throw new Error('no cursor');
    const rest = page.filter(({ seq }) => seq >= cursor.seq);
    expect([...batchesOf('z1', rest, cursor, null)].flatMap(idsOf)).to.deep.equal(others.flatMap(idsOf));
  });

  it('end between entries where that is where they are full', () => {
    const full = { seq: 5, at: 1, messages: wave.slice(0, SINK_BATCH_MESSAGES) };
    const nexts = [...batchesOf('z1', [full, { seq: 6, at: 2, messages: [message(0)] }], START, null)];
    expect(nexts.map(({ next }) => next)).to.deep.equal(['5', '6']);
    expect(untold(full, { seq: 5, place: 0 })).to.have.length(SINK_BATCH_MESSAGES - 1);
  });

  it('move the cursor over what there is nothing to tell of', () => {
    const nothing = [{ seq: 5, at: 1, messages: [] }];
    expect([...batchesOf('z1', nothing, START, null)]).to.deep.equal([{ messages: [], next: '5' }]);
    expect([...batchesOf('z1', [], START, null)]).to.deep.equal([]);
  });
});
