// Whom requests are counted for: addresses and networks, and what proxies may say of them.
import { expect } from 'chai';
import { clientKey } from '../../src/http/client-address.ts';
import { World } from '../world/world.ts';

describe('the address of a client', () => {
  for (const [address, key] of [
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:8080', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['2001:db8:1:2::3', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::3]:443', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['64:ff9b:1:2::192.0.2.7', '64:ff9b:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ] as const) {
    it(`${address} is counted as ${key}`, () => expect(clientKey(address)).to.equal(key));
  }

  it('that cannot be read is one key', () => {
    for (const text of ['', 'unknown', '_hidden', '1.2.3', '1.2.3.400', '1.2.3.400:5', '[::g]:1', 'x'.repeat(9_000)])
      expect(clientKey(text)).to.equal('unreadable');
  });

  describe('behind a proxy', () => {
    /** Requests left after the next one, for each list of addresses that is sent. */
    const leftFor = async (trusted: string, ...lists: readonly string[]): Promise<number[]> => {
      const world = await World.create({ TRUST_PROXY: trusted, COORDINATOR_RATE_LIMIT_PER_MIN: '9' });
      const left: number[] = [];
      try {
        for (const list of lists) {
          const headers = { 'x-forwarded-for': list };
          const answer = await world.call('GET', '/zones/z1/agents', undefined, { headers });
          left.push(Number(/r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1]));
        }
      } finally {
        await world.destroy();
      }
      return left;
    };

    it('that nobody trusts is the proxy’s', async () => {
      expect(await leftFor('false', '192.0.2.1', '192.0.2.2', '')).to.deep.equal([8, 7, 6]);
    });

    it('is what a trusted one says, and no word of those before', async () => {
      const lists = ['192.0.2.1', '198.51.100.9, 192.0.2.1', '192.0.2.1, 10.1.1.1', '192.0.2.2'];
      expect(await leftFor('loopback, 10.0.0.0/8', ...lists)).to.deep.equal([8, 7, 6, 8]);
    });

    it('is not what one says that is not in the list', async () => {
      expect(await leftFor('10.0.0.0/8', '192.0.2.1', '192.0.2.2')).to.deep.equal([8, 7]);
    });

    it('is so many hops away', async () => {
      expect(await leftFor('1', '192.0.2.9, 192.0.2.1', '192.0.2.8, 192.0.2.1')).to.deep.equal([8, 7]);
      expect(await leftFor('2', '192.0.2.9, 192.0.2.1', '192.0.2.8, 192.0.2.1')).to.deep.equal([8, 8]);
    });

    it('is the first of all where all are trusted', async () => {
      expect(await leftFor('true', '192.0.2.9, 192.0.2.1', '192.0.2.9, 192.0.2.2')).to.deep.equal([8, 7]);
    });

    it('is a network of IPv6, and one key for all that cannot be read', async () => {
      const lists = ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1', 'unknown', 'garbage'];
      expect(await leftFor('1', ...lists)).to.deep.equal([8, 7, 8, 8, 7]);
    });
  });
});
