// The token that opens the operator's paths. It is configured, or made once and kept in the data directory for the owner
// alone. It is only ever compared, in a time that does not depend on what is offered.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { createPrivateFile, readPrivateFile } from './private-file.ts';

/** Tells whether a bearer is the secret. */
export type SecretMatch = (offered: string) => boolean;

const SECRET_BYTES = 32;
const CHECK_BYTES = 4;

/** The configured token, else the one in `dataDir`, made now if there is none. Throws when that file is exposed or damaged. */
export async function operatorToken({
  configured,
  dataDir,
}: {
  configured: string | null;
  dataDir: string;
}): Promise<string> {
  if (configured !== null) return configured;
  const path = join(dataDir, 'operator-token');
  const kept = (await readPrivateFile(path)) ?? (await makeToken(path));
  const token = kept.trim();
  // A cut-off token would be one that can be guessed, and one with a flipped bit would lock the operator out unexplained.
  if (!isWhole(token)) throw new Error(`${path} is damaged: remove it to have a new one made.`);
  return token;
}

async function makeToken(path: string): Promise<string> {
  await createPrivateFile(path, tokenOf(randomBytes(SECRET_BYTES)) + '\n');
  const kept = await readPrivateFile(path); // Ours, or that of a process that was faster.
  if (kept === null) throw new Error(`${path} was removed while it was being made.`);
  return kept;
}

// The end of a token is a digest of the rest, so that the file shows damage by itself.
const tokenOf = (secret: Buffer): string =>
  Buffer.concat([secret, digest(secret).subarray(0, CHECK_BYTES)]).toString('base64url');

const isWhole = (token: string): boolean => {
  const bytes = Buffer.from(token, 'base64url');
  return bytes.length === SECRET_BYTES + CHECK_BYTES && token === tokenOf(bytes.subarray(0, SECRET_BYTES));
};

/**
 * A comparison with `secret` in constant time. Hashing first gives both sides one length, which `timingSafeEqual` wants and
 * which also hides the length of the secret.
 */
export function matchSecret(secret: string): SecretMatch {
  const expected = digest(secret);
  return (offered) => timingSafeEqual(digest(offered), expected);
}

const digest = (text: string | Buffer): Buffer => createHash('sha256').update(text).digest();
