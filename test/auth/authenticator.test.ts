// The face that HTTP sees, over the own issuer: who gets in where, and that it does not wait when it need not.

import { expect } from 'chai';
import { Ages } from '../../src/auth/ages.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { isRefusal, withinZone } from '../../src/auth/caller.ts';
import { matchSecret } from '../../src/auth/operator-token.ts';
import { createOwnIssuer } from '../../src/auth/own-issuer.ts';
import { createVerifier } from '../../src/auth/verifier.ts';
import { handClock, inFolder, ISSUER, SCOPE, START } from './token-world.ts';

const grant = { zone: 'z1', applicationId: 'app-a', subject: 'user-1', scope: SCOPE, ttlSeconds: 60, now: START };

describe('the authenticator', () => {
  const clock = handClock();
  const world = (dataDir: string) => {
    const own = createOwnIssuer({ dataDir, issuer: ISSUER, clock });
    const verifier = createVerifier({ issuer: ISSUER, keysOf: own.keysOf, scope: SCOPE, ages: new Ages(clock) });
    return { own, ...createAuthenticator({ verifier, isOperator: matchSecret('operator-secret') }) };
  };

  it('lets a token into its zone, at once the second time', () =>
    inFolder(async (dataDir) => {
      const { own, authenticate } = world(dataDir);
      const header = `bearer ${await own.mint(grant)}`;
      const caller = await authenticate(header, { zone: 'z1', operator: true });
      expect(caller).to.include({ kind: 'bearer', zone: 'z1' });
      expect(authenticate(header, { zone: 'z1', operator: false })).to.equal(caller);
      expect(authenticate(header, { zone: 'z2', operator: false })).to.have.property('code', 'zone_mismatch');
    }));

  it('lets the operator in where the route opens, in any zone and without waiting', () =>
    inFolder(async (dataDir) => {
      const { authenticate } = world(dataDir);
      const operator = authenticate('Bearer operator-secret', { zone: 'z7', operator: true });
      expect(operator).to.deep.equal({ kind: 'operator' });
      expect(withinZone({ kind: 'operator' }, 'z8')).to.deep.equal({ kind: 'operator' });
    }));

  it('checks a zone that is known later, as one in a body is', () =>
    inFolder(async (dataDir) => {
      const { own, authenticate } = world(dataDir);
      const caller = await authenticate(`Bearer ${await own.mint(grant)}`, { zone: null, operator: false });
      if (isRefusal(caller)) throw new Error(caller.reason);
      expect(withinZone(caller, 'z1')).to.equal(caller);
      expect(withinZone(caller, 'z2')).to.have.property('code', 'zone_mismatch');
    }));

  it('refuses the operator token where the route is for applications', () =>
    inFolder(async (dataDir) => {
      const verdict = world(dataDir).authenticate('Bearer operator-secret', { zone: 'z1', operator: false });
      expect(verdict).to.deep.include({ code: 'operator_not_allowed', caller: { kind: 'operator' } });
    }));

  for (const operator of [true, false]) {
    it(`marks a bearer that is no JWT as a guess where the operator ${operator ? 'may' : 'may not'} call`, () =>
      inFolder(async (dataDir) => {
        const { own, authenticate } = world(dataDir);
        const entrance = { zone: 'z1', operator };
        const wrong = authenticate('Bearer operator-secre', entrance);
        expect(wrong).to.include({ code: 'invalid_token', isGuess: true });
        const forged = await authenticate(`Bearer ${await own.mint(grant)}x`, entrance);
        expect(forged).to.have.property('code', 'invalid_token');
        expect(forged).not.to.have.property('isGuess');
      }));
  }

  it('refuses what is no bearer without waiting', () =>
    inFolder(async (dataDir) => {
      const verdict = world(dataDir).authenticate(undefined, { zone: 'z1', operator: true });
      expect(verdict).to.have.property('code', 'missing_token');
    }));
});
