// An archive in a zone that is ahead of the wall clock: tokens issued until then do not count again after a new registration,
// tokens issued later do.
import { expect } from 'chai';
import { isRefusal } from '../../src/zone/commands.ts';
import { Directory } from '../../src/zone/directory.ts';
import { OWNER, ZoneWorld } from '../world/zone-world.ts';

const YEAR_MS = 365 * 24 * 3_600_000;
const NAMED = { table: 'application', name: 'app-a' } as const;
const FACTS = { registrationMethod: 'managed', expiresAt: null } as const;
const OPERATOR = { caller: { kind: 'operator' } } as const;

describe('an archive in a zone that is ahead of the wall clock', () => {
  it('ends the tokens that were issued before it, and no later ones', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    world.clock.advance(YEAR_MS);
    await world.start({ id: 's-a', ttlSeconds: 60 });
    await world.zones.drain();
    world.clock.setBack(YEAR_MS);
    world.open();
    const codeFor = async (issuedAt: number): Promise<string | null> => {
      const caller = { ...OWNER, issuedAt };
      const { answer } = await world.look('service.list', { limit: 10, cursor: null }, caller);
      return isRefusal(answer) ? answer.code : null;
    };
    await world.execute('directory.register', { ...NAMED, facts: FACTS }, OPERATOR);
    const archivedAt = world.clock.now();
    await world.execute('directory.archive', NAMED, OPERATOR);
    world.clock.advance(1_000);
    expect(await codeFor(world.clock.now())).to.equal('identity_revoked');
    await world.execute('directory.register', { ...NAMED, facts: FACTS }, OPERATOR);
    const seen = async () => [
      await codeFor(archivedAt - 1_000),
      await codeFor(archivedAt),
      await codeFor(archivedAt + 1_000),
    ];
    expect(await seen()).to.deep.equal(['identity_revoked', 'identity_revoked', null]);
    // The same after a restart.
    await world.zones.drain();
    world.open();
    expect(await seen()).to.deep.equal(['identity_revoked', 'identity_revoked', null]);
  });

  it('of an entry that does not say the wall clock counts from the instant of the entry', () => {
    const directory = new Directory();
    directory.happened({ type: 'directory.registered', v: 1, ...NAMED, facts: FACTS }, { at: 1_000, seq: 1 });
    directory.happened({ type: 'directory.archived', v: 1, ...NAMED }, { at: 2_000, seq: 2 });
    expect(directory.row(NAMED.table, NAMED.name)).to.include({ endedAt: 2_000, archivedAt: 2_000 });
  });
});
