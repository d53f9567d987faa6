// The command line as a person uses it: a process of its own, whose standard output is the token and nothing else.

import { execFile, spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Ages } from '../../src/auth/ages.ts';
import { createOwnIssuer } from '../../src/auth/own-issuer.ts';
import { createVerifier } from '../../src/auth/verifier.ts';
import { systemClock } from '../../src/clock.ts';
import { inFolder, ISSUER } from './token-world.ts';

const script = join(import.meta.dirname, '../../scripts/token.ts');

function run(args: string[], env: Record<string, string> = {}) {
  const path = process.env['PATH'] ?? '';
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], {
    env: { PATH: path, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

async function mintIn(folder: string): Promise<string> {
  const args = ['--import', 'tsx', script, '--zone', 'z1', '--app', 'app-a', '--data', folder];
  return (await promisify(execFile)(process.execPath, args)).stdout.trim();
}

describe('the token command', () => {
  it('prints a token that a server on the same data accepts', () =>
    inFolder(async (folder) => {
      const args = ['--zone', 'z1', '--app', 'app-a', '--scope', 'coordinator.admin', '--sid', 's1', '--data', folder];
      const { status, stdout, stderr } = run(args, {
        DATA_DIR: join(folder, 'unused'),
        AGENT_COORDINATOR_SCOPE: 'base',
        PUBLIC_URL: ISSUER,
      });
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
      const { keysOf } = createOwnIssuer({ dataDir: folder, issuer: ISSUER, clock: systemClock });
      const { verify } = createVerifier({ issuer: ISSUER, keysOf, scope: 'base', ages: new Ages(systemClock) });
      expect(await verify(stdout.trim(), 'z1')).to.deep.include({
        applicationId: 'app-a',
        subject: 'app-a',
        subjectSessionId: 's1',
        scopes: new Set(['base', 'coordinator.admin']),
      });
      const { exp = 0, iat = 0 } = decodeJwt(stdout.trim());
      expect(exp - Math.floor(iat)).to.equal(3600);
    }));

  it('uses the application as subject, with a default session and subject type', () =>
    inFolder(async (folder) => {
      const claimsOf = (args: string[], env: Record<string, string> = {}) =>
        decodeJwt(run(['--zone', 'z1', '--app', 'app-a', '--data', folder, ...args], env).stdout.trim());
      const { sid } = claimsOf([]);
      expect(sid).to.match(/^login-[0-9a-f-]{36}$/);
      expect(claimsOf([])['sid'], 'another token').not.to.equal(sid);
      const session = { use: 'session' };
      const own = { iss: 'http://127.0.0.1:4000', aud: 'http://127.0.0.1:4000', sub: 'app-a', sub_type: 'application' };
      expect(claimsOf([])).to.include({ ...own, ...session });
      expect(claimsOf(['--sub-type', 'user'], { HOST: '::1', PORT: '0' })).to.include({
        iss: 'http://[::1]:0',
        sub_type: 'user',
      });
      expect(claimsOf(['--sub', 'ann'])).to.include({ sub: 'ann', sub_type: 'user' });
      expect(claimsOf(['--sub', 'ann', '--sid', 's1', '--sub-type', 'application'])).to.include({
        sub_type: 'application',
        sid: 's1',
        root_sid: 's1',
      });
    }));

  it('makes one key when several processes race for it', () =>
    inFolder(async (folder) => {
      const racers = Array.from({ length: 3 }, () => mintIn(folder));
      const kids = (await Promise.all(racers)).map((token) => decodeProtectedHeader(token).kid);
      expect(new Set(kids)).to.have.property('size', 1);
      expect(await readdir(join(folder, 'keys'))).to.have.length(1);
    }));

  const mistakes: [string, string[], Record<string, string>, string][] = [
    ['no zone', ['--app', 'a'], {}, '--zone'],
    ['a lifetime that is no number', ['--zone', 'z1', '--app', 'a', '--ttl', '1h'], {}, '--ttl'],
    ['an unknown type of subject', ['--zone', 'z1', '--app', 'a', '--sub-type', 'agent'], {}, 'user or application'],
    ['an empty session', ['--zone', 'z1', '--app', 'a', '--sid', ''], {}, '--sid'],
    ['an unknown option', ['--zone', 'z1', '--app', 'a', '--zzz'], {}, '--zzz'],
    ['a bad environment', ['--zone', 'z1', '--app', 'a'], { PORT: 'x' }, 'PORT'],
    [
      'an issuer elsewhere',
      ['--zone', 'z1', '--app', 'a'],
      { ISSUER_URL: 'https://i.example', STS_URL: 'https://s.example' },
      'ISSUER_URL',
    ],
  ];
  for (const [what, args, env, named] of mistakes) {
    it(`explains ${what} on standard error`, () => {
      const { status, stdout, stderr } = run(args, env);
      expect({ status, stdout }).to.deep.equal({ status: 1, stdout: '' });
      expect(stderr).to.contain(named).and.not.to.contain('    at ');
    });
  }
});
