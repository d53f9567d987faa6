// The header alone: what counts as a bearer, before anyone asks whether it is a good one.

import { expect } from 'chai';
import { readBearer } from '../../src/auth/bearer.ts';

describe('the Authorization header', () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
    it(`takes the scheme as ${scheme}`, () => expect(readBearer(`${scheme} a.b.c`)).to.equal('a.b.c'));
  }

  it('takes several spaces before the token', () => expect(readBearer('Bearer    a.b.c ')).to.equal('a.b.c'));

  for (const header of [undefined, '', 'Bearer', 'Bearer ', 'Bearer     ', 'Basic dTpw', 'Bearera.b.c', 'a.b.c']) {
    it(`finds no token in ${JSON.stringify(header)}`, () =>
      expect(readBearer(header)).to.have.property('code', 'missing_token'));
  }

  it('takes 4,096 bytes and not one more', () => {
    expect(readBearer(`Bearer ${'a'.repeat(4096)}`)).to.equal('a'.repeat(4096));
    expect(readBearer(`Bearer ${'a'.repeat(4097)}`)).to.have.property('code', 'missing_token');
  });
});
