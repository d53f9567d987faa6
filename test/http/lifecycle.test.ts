// The doors of the SDKs answer as the routes of a zone do: twin coordinators are asked the same in the same order, one
// through each door, and have to answer alike, bodies, codes and sequence.
import { expect } from 'chai';
import { World, type Answered } from '../world/world.ts';
import { delegations, ends, starts, type Behind, type Case } from './door-cases.ts';
import { sdkDoors, zoneDoor, type Door } from './doors.ts';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** What `/v1` calls otherwise, which shows where a body does not fit. */
const OWN_NAMES: readonly (readonly [string, string])[] = [
  ['parent_agent_session_id', 'parent_id'],
  ['from_agent_session_id', 'source_session_id'],
  ['to_agent_session_id', 'target_session_id'],
];

/** An answer with its ids named by the order in which they come, as two coordinators never make the same. */
const seen = ({ status, headers, text }: Answered) => {
  const names = new Map<string, string>();
  const nameOf = (id: string) => names.get(id) ?? names.set(id, `id-${names.size}`).get(id) ?? '';
  const named = OWN_NAMES.reduce((left, [own, zones]) => left.replaceAll(own, zones), text.replace(UUID, nameOf));
  const told = ['coordinator-seq', 'idempotency-replayed', 'retry-after', 'content-type'];
  return { status, text: named, headers: told.map((name) => [name, headers.get(name)]) };
};

const behind = (world: World, door: Door): Behind => ({
  door,
  as: async (wish) => ({ token: await world.token(wish) }),
  root: (fields = {}) => world.session({ ...fields }),
  call: (...request) => world.call(...request),
});

for (const [sdkDoor, delegating, cases] of [
  [sdkDoors.exchange, 'exchange', [...starts, ...ends, ...delegations]],
  [sdkDoors.delegateToExistingAgent, 'delegate-to-existing-agent', delegations],
] as const) {
  describe(`/v1, where authority is handed on by ${delegating}`, () => {
    let worlds: readonly World[];
    before(async () => {
      const limits = { MAX_AGENT_CHILDREN: '1', MAX_AGENTS_PER_APP: '1000' };
      worlds = await Promise.all([World.create(limits), World.create(limits)]);
    });
    after(() => Promise.all(worlds.map((world) => world.destroy())));

    const throughBoth = async (ask: Case[3]): Promise<readonly [Answered, Answered]> => {
      const [zone, sdk] = worlds as [World, World];
      return [await ask(behind(zone, zoneDoor(zone))), await ask(behind(sdk, sdkDoor(sdk)))];
    };

    for (const [what, status, code, ask] of cases) {
      it(`answers ${what} as the zone does: ${code ?? status}`, async () => {
        const [zone, sdk] = await throughBoth(ask);
        expect([zone.status, zone.body['error'] ?? null]).to.deep.equal([status, code]);
        expect(seen(sdk)).to.deep.equal(seen(zone));
      });
    }

    it('answers as the zone does after a restart', async () => {
      await Promise.all(worlds.map((world) => world.restart()));
      const [zone, sdk] = await throughBoth(({ call }) => call('GET', '/zones/z1/agents?limit=500'));
      expect(zone.status).to.equal(200);
      expect(seen(sdk)).to.deep.equal(seen(zone));
    });
  });
}
