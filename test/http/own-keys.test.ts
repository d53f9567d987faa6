// A damaged key file of the own issuer, as callers and operators see it: only its zone fails.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { keyFileName } from '../../src/auth/zone-key.ts';
import { LogLines } from '../world/log-lines.ts';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';

const JWKS = '/.well-known/jwks.json';

describe('a damaged key file', () => {
  it('is shown and logged, and the keys and tokens of other zones are served', async () => {
    const log = new LogLines();
    const world = await World.create({ LOG_LEVEL: 'error' }, log);
    try {
      const [damaged, whole] = [await world.token({ zone: 'z1' }), await world.token({ zone: 'z2' })];
      await writeFile(join(world.dir, 'keys', keyFileName('z1')), '{');
      const published = await world.call('GET', JWKS, undefined, { token: null });
      expect(published.status).to.equal(200);
      expect(published.body['keys']).to.have.length(1);
      const one = await world.call('GET', `${JWKS}?zone_id=z1`, undefined, { token: null });
      expect(refusalOf(one)).to.deep.equal([503, 'issuer_unavailable']);
      expect(refusalOf(await world.call('GET', '/zones/z1/agents', undefined, { token: damaged }))[0]).to.equal(503);
      expect((await world.call('GET', '/zones/z2/agents', undefined, { token: whole })).status).to.equal(200);
      const ready = await world.call('GET', '/ready', undefined, { token: null });
      expect(ready.status).to.equal(200);
      expect(ready.body['keys_unusable']).to.have.nested.property('[0].file', keyFileName('z1'));
      expect(ready.text, 'paths of the machine are for the log').not.to.contain(world.dir);
      expect(log.parsed.filter(({ file }) => file === keyFileName('z1'))).to.have.length(1);
    } finally {
      await world.destroy();
    }
  });
});
