// Mints a bearer for one zone and application with the coordinator's own key, for development and for operators. Standard
// output carries the token and nothing else, so that it can stand in `$(...)`; what goes wrong is said on standard error.

import { parseArgs } from 'node:util';
import { isZone } from '../src/auth/claims.ts';
import { createOwnIssuer, SUBJECT_TYPES, type SubjectType } from '../src/auth/own-issuer.ts';
import { systemClock } from '../src/clock.ts';
import { readConfig, type Config } from '../src/config/config.ts';
import { uuidIds } from '../src/ids.ts';
import { runCommand, UsageError } from './command-line.ts';

const USAGE =
  'usage: npm run --silent token -- --zone ZONE --app APPLICATION [--scope "SCOPE ..."] [--sub SUBJECT] [--sub-type user|application] [--sid SESSION] [--agent-session ID] [--edge ID] [--ttl SECONDS] [--data DIR]';

/** A year: whoever wants a token for longer wants an issuer of their own. */
const TTL_SECONDS_MAX = 31_536_000;

const options = {
  zone: { type: 'string' },
  app: { type: 'string' },
  scope: { type: 'string' },
  sub: { type: 'string' },
  'sub-type': { type: 'string' },
  sid: { type: 'string' },
  'agent-session': { type: 'string' },
  edge: { type: 'string' },
  ttl: { type: 'string', default: '3600' },
  data: { type: 'string' },
} as const;

const isSubjectTypeOrNull = (text: string | null): text is SubjectType | null =>
  text === null || SUBJECT_TYPES.some((type) => type === text);

/**
 * Verifiers of the Caracal family refuse a token without `sid`, so there is a default: a login of its own for each
 * token. The end of its last session revokes it, which must not revoke other tokens of the subject.
 */
const newLogin = (): string => `login-${uuidIds.next()}`;

interface SubjectOptions {
  readonly sub?: string | undefined;
  readonly sid?: string | undefined;
  readonly 'sub-type'?: string | undefined;
}

function subjectIn(options: SubjectOptions, app: string) {
  const { sub = app, sid = newLogin(), 'sub-type': subjectType = null } = options;
  if (sid === '' || sub === '') throw new UsageError('--sid and --sub must not be empty when they are given.');
  if (isSubjectTypeOrNull(subjectType)) return { subject: sub, sid, subjectType };
  throw new UsageError(`--sub-type is "${subjectType}", but must be ${SUBJECT_TYPES.join(' or ')}.`);
}

function readArguments(args: string[]) {
  const { values } = parseArgs({ args, options });
  const { zone, app, scope, edge, ttl, data } = values;
  const agentSession = values['agent-session'];
  if (!isZone(zone)) throw new UsageError('--zone must be a zone id: 1 to 128 letters, digits, or _ . - :');
  if (app === undefined || app === '') throw new UsageError('--app must name an application.');
  if (agentSession === '' || edge === '') {
    throw new UsageError('--agent-session and --edge must not be empty when they are given.');
  }
  const ttlSeconds = Number(ttl);
  if (!/^\d{1,9}$/.test(ttl) || ttlSeconds < 1 || ttlSeconds > TTL_SECONDS_MAX) {
    throw new UsageError(`--ttl is "${ttl}", but must be a whole number of seconds from 1 to ${TTL_SECONDS_MAX}.`);
  }
  return {
    zone,
    applicationId: app,
    extraScopes: scope ?? '',
    ...subjectIn(values, app),
    agentSessionId: agentSession ?? null,
    delegationEdgeId: edge ?? null,
    ttlSeconds,
    data,
  };
}

function configFor(data: string | undefined): Config {
  const read = readConfig(data === undefined ? process.env : { ...process.env, DATA_DIR: data });
  if (!read.ok) throw new UsageError(read.problems.join('\n'));
  if (read.config.issuerUrl !== null) {
    throw new UsageError(
      `Tokens come from ${read.config.issuerUrl} (ISSUER_URL): the coordinator is not the issuer here.`,
    );
  }
  return read.config;
}

async function mintToken(args: string[]): Promise<string> {
  const { data, extraScopes, ...grant } = readArguments(args);
  const { dataDir, coordinatorScope, publicUrl: issuer } = configFor(data);
  const scope = [...new Set([coordinatorScope, ...extraScopes.split(/\s+/)])].filter((name) => name !== '').join(' ');
  return createOwnIssuer({ dataDir, issuer, clock: systemClock }).mint({ ...grant, scope, now: systemClock.now() });
}

await runCommand(USAGE, async (args) => {
  process.stdout.write(`${await mintToken(args)}\n`);
  return 0;
});
