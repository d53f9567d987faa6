// Tokens with any claims, signed with the key that the coordinator of a test holds for a zone; and the one question that is
// asked of them.
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { ensureZoneKey } from '../../src/auth/zone-key.ts';
import type { Answered, World } from '../world/world.ts';

type Fields = Readonly<Record<string, unknown>>;

const DAY_SECONDS = 86_400;

export const claimsAt = (world: World, changes: Fields = {}): Fields => {
  const now = Math.floor(world.clock.now() / 1000);
  const names = { sub: 'tester', zone_id: 'z1', client_id: 'app-a', scope: 'agent:lifecycle' };
  const subject = { sid: 'user-1', root_sid: 'user-1', use: 'session', sub_type: 'user' };
  return { iss: world.issuer, aud: world.issuer, ...names, ...subject, iat: now, exp: now + DAY_SECONDS, ...changes };
};

/** Claims that are undefined are left out. `keyOf` is the zone whose key signs. */
export const issue = async (world: World, changes: Fields = {}, keyOf = 'z1'): Promise<string> => {
  const { signingKey, kid } = await ensureZoneKey(join(world.dir, 'keys'), keyOf);
  return new SignJWT(claimsAt(world, changes)).setProtectedHeader({ alg: 'ES256', kid }).sign(signingKey);
};

/** `POST /v1/verify`, as anybody may ask it. */
export const verify = (world: World, body: unknown): Promise<Answered> =>
  world.call('POST', '/v1/verify', body, { token: null });

/** Status and what a resource server looks at: nothing more for a good token, the error and its reason for another. */
export const verdictOf = ({ status, body }: Answered): unknown[] =>
  body['valid'] === true ? [status] : [status, body['valid'], body['error'], body['reason']];
