// The messages of entries of earlier versions: the same messages that those versions sent, with the same places, although
// current entries have other messages.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { sha256 } from '../../src/journal/entry.ts';
import type { MemoryContents } from '../../src/journal/memory-engine.ts';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { storeOf, type GoldenRecord } from '../golden/shown.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { asWrittenBefore, rewritten } from './old-entries.ts';

const REVOKE = 'caracal.sessions.revoke';
const AGENTS = 'caracal.agents.lifecycle';
const EDGES = 'caracal.delegations.invalidate';

const found = <Answer extends object>({ answer }: Reply<Answer>): Answer => {
  if (isRefusal(answer)) throw new Error(answer.code);
  return answer;
};

const edge = (id: string, source: string, target: string, ttlSeconds: number, maxHops = 1) => ({
  id,
  sourceSessionId: source,
  targetSessionId: target,
  issuerApplicationId: 'app-a',
  receiverApplicationId: 'app-a',
  parentEdgeId: null,
  resourceId: 'resource-1',
  scopes: ['read'],
  constraints: { max_hops: maxHops },
  expiresAt: null,
  ttlSeconds,
});

/** Sessions a to d, each of a subject of its own; the edges a→b→c are revoked, a→d expires, and d is ended. */
const played = async (): Promise<ZoneWorld> => {
  const world = new ZoneWorld();
  for (const id of ['a', 'b', 'c', 'd']) found(await world.start({ id, subjectSessionId: `user-${id}` }));
  found(await world.execute('edge.create', edge('e-1', 'a', 'b', 60, 2)));
  found(await world.execute('edge.create', edge('e-2', 'b', 'c', 60)));
  found(await world.execute('edge.create', edge('e-3', 'a', 'd', 5)));
  found(await world.execute('edge.revoke', { id: 'e-1' }));
  world.clock.advance(5_000);
  found(await world.execute('session.terminate', { id: 'd', reason: 'done' }));
  return world;
};

const messagesOf = async (world: ZoneWorld, after: number) => {
  const { announcements } = found(await world.look('zone.announcements', { after, most: 100 }));
  return announcements.map(({ messages }) =>
    messages.map(({ topic, place, occurrence, payload }) => {
      const [what, who] = occurrence.split(':');
      return [place, topic, `${what}:${who}`, payload['session_id'] ?? null];
    }),
  );
};

/** Entries 8 to 10: the revocation, the expiry and the end. */
const AFTER = 7;

describe('the messages of entries', () => {
  it('of current entries name every stopped session and every ended edge, and no unproven login', async () => {
    expect(await messagesOf(await played(), AFTER)).to.deep.equal([
      [
        [0, AGENTS, 'terminate:b', null],
        [1, REVOKE, 'revoke:b', null],
        [2, AGENTS, 'terminate:c', null],
        [3, REVOKE, 'revoke:c', null],
        [4, EDGES, 'edge_revoke:e-1', null],
        [5, REVOKE, 'revoke:e-1', null],
        [6, EDGES, 'edge_revoke:e-2', null],
        [7, REVOKE, 'revoke:e-2', null],
      ],
      [
        [0, EDGES, 'edge_expire:e-3', null],
        [1, REVOKE, 'revoke:e-3', null],
      ],
      [
        [0, AGENTS, 'terminate:d', null],
        [1, REVOKE, 'revoke:d', null],
      ],
    ]);
  });

  it('of earlier versions stay the same, with the same places', async () => {
    const contents: MemoryContents = new Map();
    await storeOf(await rewritten(await played(), withSubjects), contents);
    expect(await messagesOf(new ZoneWorld({ contents }), AFTER)).to.deep.equal([
      [
        [0, AGENTS, 'terminate:b', null],
        [1, REVOKE, 'revoke:b', 'user-b'],
        [2, AGENTS, 'terminate:c', null],
        [4, EDGES, 'edge_revoke:e-1', null],
        [5, EDGES, 'edge_revoke:e-2', null],
      ],
      [[0, EDGES, 'edge_expire:e-3', null]],
      [
        [0, AGENTS, 'terminate:d', null],
        [1, REVOKE, 'revoke:d', 'user-d'],
      ],
    ]);
  });
});

/** SHA-256 of all messages of a golden journal, as the previous version sent them. */
const GOLDEN: readonly [string, string][] = [
  ['2026-11-delegations', 'bd2ef50ec04ede0d47dc4f4e81751589738c8d2af6e04260d9c758c7b7dacb6e'],
  ['2026-11-first', 'b140e292f57daa23717e53b5063ecec5dfafa7b1add40e9f88b64b4270e1689a'],
  ['2026-11-generations', '4f92eb42ad817b9024c3512325cfe0b50b23ba7f94babf109cd0945c320fb014'],
  ['2026-11-services', '37807beb3b8f1ae237513b9f35ae1b0449fcc73dd9833fdde1520425ad0689f2'],
];

describe('the messages of a golden journal', () => {
  for (const [name, digest] of GOLDEN) {
    it(`are the same as before: ${name}`, async () => {
      const { records } = JSON.parse(readFileSync(`test/golden/${name}.json`, 'utf8')) as {
        readonly records: readonly GoldenRecord[];
      };
      const contents: MemoryContents = new Map();
      await storeOf(records, contents);
      const world = new ZoneWorld({ contents });
      const { announcements } = found(await world.look('zone.announcements', { after: 0, most: records.length }));
      expect(sha256(JSON.stringify(announcements))).to.equal(digest);
    });
  }
});

/** Earlier versions revoked a login whoever had named it; here all but that of c, on which another session stood. */
const withSubjects: typeof asWrittenBefore = (entry) => {
  const before = asWrittenBefore(entry);
  const { notice } = before;
  if (!notice) return before;
  return { ...before, notice: { ...notice, subjects: ['user-b', 'user-d'] } };
};
