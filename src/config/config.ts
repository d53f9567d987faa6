// The configuration: a table of the environment variables, and the one function that reads them. Either every value is good
// and complete with its default, or every problem is reported at once; no other file reads the environment.

import { readFileSync } from 'node:fs';
import { RECEIVER_CONSENTS, type ReceiverConsent } from '../authority/rules.ts';
import { doorVariables, type DoorConfig } from './door-variables.ts';
import { inspectVariables, type InspectConfig } from './inspect-variables.ts';
import { baseUrl, bearer, matching, oneOf, webUrl, wholeNumber } from './parsers.ts';
import { defaultPublicUrl, issuerName } from './public-url.ts';
import { retentionVariables, type RetentionConfig } from './retention-variables.ts';
import { sinkVariables, type SinkConfig } from './sink-variables.ts';
import type { Variable } from './variable.ts';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
/** More than a stop needs; a larger number has the wrong unit. */
const RESERVE_MIB_MAX = 65_536;

export type LogLevel = (typeof logLevels)[number];

export interface Config extends DoorConfig, SinkConfig, InspectConfig, RetentionConfig {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** Null together with `stsUrl`: the coordinator is its own issuer. */
  readonly issuerUrl: string | null;
  /** Without a slash at the end. */
  readonly stsUrl: string | null;
  /** The `iss` and `aud` of the tokens of the own issuer. */
  readonly publicUrl: string;
  readonly coordinatorScope: string;
  /** Null: a token is made and kept in the data directory. */
  readonly operatorToken: string | null;
  readonly directory: 'open' | 'closed';
  readonly receiverConsent: ReceiverConsent;
  readonly agentsPerZoneMax: number;
  readonly agentsPerAppMax: number;
  readonly agentChildrenMax: number;
  readonly agentDepthMax: number;
  readonly bodyLimitBytes: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly shutdownGraceMs: number;
  readonly serviceLeaseSeconds: number;
  readonly zoneIdleSeconds: number;
  readonly checkpointEveryEntries: number;
  readonly diskReserveMib: number;
  readonly logLevel: LogLevel;
}

/** The values of the variables. `publicUrl` is null if unset; its default is derived from `HOST` and `PORT`. */
type Settings = Omit<Config, 'publicUrl'> & { readonly publicUrl: string | null };

/** A scope as RFC 6749 section 3.3 spells one. */
const scopeName = matching(
  /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/,
  'one scope: 1 to 255 visible characters, no spaces or quotes',
);
const hostName = matching(/^[A-Za-z0-9.:_%-]{1,255}$/, 'a host name or an IP address');
const path = matching(/^[^\0]{1,4096}$/, 'a path');

/**
 * The table, by field of `Settings`. Its order is the order in which problems are reported and the variables are
 * documented.
 */
export const variables: { readonly [Field in keyof Settings]: Variable<Settings[Field]> } = {
  port: {
    name: 'PORT',
    parser: wholeNumber(0, 65_535),
    fallback: 4000,
    meaning: 'Where to listen. 0 picks a free port, and the log line "listening" names it.',
    unit: null,
  },
  host: {
    name: 'HOST',
    parser: hostName,
    fallback: '127.0.0.1',
    meaning: 'The address to listen on.',
    unit: null,
  },
  dataDir: {
    name: 'DATA_DIR',
    parser: path,
    fallback: './data',
    meaning: "Journal, snapshots, own issuer's keys and operator token. Held by one process.",
    unit: null,
  },
  issuerUrl: {
    name: 'ISSUER_URL',
    parser: webUrl,
    fallback: null,
    meaning: 'What iss and aud of a token must be. Unset together with STS_URL: the coordinator is its own issuer.',
    unit: null,
  },
  stsUrl: {
    name: 'STS_URL',
    parser: baseUrl,
    fallback: null,
    meaning: "Where the issuer's keys are: {STS_URL}/.well-known/jwks.json?zone_id={zone}.",
    unit: null,
  },
  publicUrl: {
    name: 'PUBLIC_URL',
    parser: issuerName,
    fallback: null,
    meaning:
      'The URL of the coordinator for its callers: iss and aud of the tokens of its own issuer. Unset: http://HOST:PORT. With ISSUER_URL it has no effect on tokens.',
    unit: null,
  },
  coordinatorScope: {
    name: 'AGENT_COORDINATOR_SCOPE',
    parser: scopeName,
    fallback: 'agent:lifecycle',
    meaning: 'The scope that every token needs.',
    unit: null,
  },
  operatorToken: {
    name: 'CARACAL_COORDINATOR_TOKEN',
    parser: bearer,
    fallback: null,
    meaning: 'The operator token. Unset: one is made and kept in DATA_DIR/operator-token.',
    unit: null,
    secret: true,
  },
  directory: {
    name: 'DIRECTORY',
    parser: oneOf(['open', 'closed']),
    fallback: 'open',
    meaning: 'Whether applications, subject sessions and resources must be registered.',
    unit: null,
  },
  receiverConsent: {
    name: 'RECEIVER_CONSENT',
    parser: oneOf(RECEIVER_CONSENTS),
    fallback: 'required',
    meaning:
      'How the receiver of a delegation consents. `required`: the token that creates the edge needs the right to delegate to the receiver, and the resources belong to the issuer. `presented`: neither rule is checked. Any application of a zone can then narrow and end the sessions of the others.',
    unit: null,
  },
  agentsPerZoneMax: {
    name: 'MAX_AGENTS_PER_ZONE',
    parser: wholeNumber(1, 1_000_000),
    fallback: 10_000,
    meaning: 'Live agent sessions in one zone.',
    unit: 'sessions',
  },
  agentsPerAppMax: {
    name: 'MAX_AGENTS_PER_APP',
    parser: wholeNumber(1, 1_000_000),
    fallback: 2000,
    meaning: 'Live agent sessions of one application in one zone.',
    unit: 'sessions',
  },
  agentChildrenMax: {
    name: 'MAX_AGENT_CHILDREN',
    parser: wholeNumber(0, 1_000_000),
    fallback: 10,
    meaning: 'Live children of one agent session.',
    unit: 'sessions',
  },
  agentDepthMax: {
    name: 'MAX_AGENT_DEPTH',
    parser: wholeNumber(0, 1000),
    fallback: 10,
    meaning: 'How deep agent sessions may stand below their root, which is at depth 0.',
    unit: 'levels',
  },
  serviceLeaseSeconds: {
    name: 'SERVICE_AGENT_LEASE_SECONDS',
    parser: wholeNumber(1, 86_400),
    fallback: 120,
    meaning:
      'How long a service session may stay silent before it is suspended, and a service before it counts as unhealthy.',
    unit: 'seconds',
  },
  bodyLimitBytes: {
    name: 'COORDINATOR_BODY_LIMIT_BYTES',
    parser: wholeNumber(1024, 16 * 1024 * 1024),
    fallback: 1_048_576,
    meaning: 'Largest request body.',
    unit: 'bytes',
  },
  requestTimeoutMs: {
    name: 'REQUEST_TIMEOUT_MS',
    parser: wholeNumber(1, 3_600_000),
    fallback: 30_000,
    meaning: 'How long one request may take to arrive, and how long its client may take in nothing of the answer.',
    unit: 'milliseconds',
  },
  keepAliveTimeoutMs: {
    name: 'KEEP_ALIVE_TIMEOUT_MS',
    parser: wholeNumber(1, 3_600_000),
    fallback: 75_000,
    meaning: 'How long an idle connection stays open. Longer than that of a proxy in front.',
    unit: 'milliseconds',
  },
  shutdownGraceMs: {
    name: 'SHUTDOWN_GRACE_MS',
    parser: wholeNumber(0, 3_600_000),
    fallback: 15_000,
    meaning: 'How long a stopping process waits for the requests in flight.',
    unit: 'milliseconds',
  },
  ...doorVariables,
  ...inspectVariables,
  ...sinkVariables,
  ...retentionVariables,
  zoneIdleSeconds: {
    name: 'ZONE_IDLE_SECONDS',
    parser: wholeNumber(1, 86_400),
    fallback: 300,
    meaning: 'A zone that was not used for this time is checkpointed and removed from memory.',
    unit: 'seconds',
  },
  checkpointEveryEntries: {
    name: 'CHECKPOINT_EVERY_ENTRIES',
    parser: wholeNumber(1, 1_000_000),
    fallback: 5000,
    meaning: 'Journal entries after which a zone writes a checkpoint, which bounds what its next wake replays.',
    unit: 'entries',
  },
  diskReserveMib: {
    name: 'DISK_RESERVE_MIB',
    parser: wholeNumber(0, RESERVE_MIB_MAX),
    fallback: 16,
    meaning:
      'Space in DATA_DIR that is set aside for when its disk is full, at most a quarter of the file system: sessions can be suspended and ended, edges revoked. 0: none.',
    unit: 'MiB',
  },
  logLevel: {
    name: 'LOG_LEVEL',
    parser: oneOf(logLevels),
    fallback: 'info',
    meaning: 'The least severe level that is logged.',
    unit: null,
  },
};

export type Environment = Readonly<Record<string, string | undefined>>;

export type ConfigOutcome =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: string[] };

type Reading = { readonly value: unknown } | { readonly problem: string };

/**
 * The configuration that `env` describes, or a sentence for every value that is not allowed: it names the variable, the value
 * (never a secret's) and what is allowed. An empty value counts as unset, as compose files and shells pass one for nothing.
 * Reads the files that `NAME_FILE` variables name; nothing else is touched.
 */
export function readConfig(env: Environment): ConfigOutcome {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [field, variable] of Object.entries(variables)) {
    const reading = read(variable, env);
    if ('problem' in reading) problems.push(reading.problem);
    else values[field] = reading.value;
  }
  if (isSet(env, 'ISSUER_URL') !== isSet(env, 'STS_URL')) problems.push(halfAnIssuer(env));
  return problems.length === 0 && isComplete(values)
    ? { ok: true, config: { ...values, publicUrl: values.publicUrl ?? defaultPublicUrl(values) } }
    : { ok: false, problems };
}

// The type of the table gives every field a parser of its type, so completeness is all that is left to check.
const isComplete = (values: object): values is Settings => Object.keys(variables).every((field) => field in values);

function read(variable: Variable<unknown>, env: Environment): Reading {
  const fileName = `${variable.name}_FILE`;
  if (variable.secret && isSet(env, fileName)) return readFromFile(variable, fileName, env);
  const text = env[variable.name];
  return text === undefined || text === '' ? { value: variable.fallback } : parsed(variable, text, variable.name);
}

function readFromFile(variable: Variable<unknown>, fileName: string, env: Environment): Reading {
  if (isSet(env, variable.name)) return { problem: `${variable.name} and ${fileName} are both set: set one of them.` };
  const file = env[fileName] ?? '';
  try {
    // Editors and `echo` end a file with a newline that is no part of the secret.
    return parsed(variable, readFileSync(file, 'utf8').replace(/\r?\n$/, ''), `The content of ${fileName} (${file})`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `${fileName} is "${file}", but must be a file that can be read: ${reason}.` };
  }
}

function parsed({ parser, secret }: Variable<unknown>, text: string, subject: string): Reading {
  const value = parser.parse(text);
  if (value !== undefined) return { value };
  return { problem: `${subject} is ${secret ? 'not usable' : quoted(text)}, but must be ${parser.allowed}.` };
}

// An address may carry a password, which is a secret wherever it stands.
const quoted = (text: string): string => JSON.stringify(text).replace(/\/\/[^/]*@/, '//[hidden]@');

function halfAnIssuer(env: Environment): string {
  const [present, absent] = isSet(env, 'ISSUER_URL') ? ['ISSUER_URL', 'STS_URL'] : ['STS_URL', 'ISSUER_URL'];
  return `${present} is ${quoted(env[present] ?? '')}, but ${absent} is not set: set both, or neither to be your own issuer.`;
}

const isSet = (env: Environment, name: string): boolean => env[name] !== undefined && env[name] !== '';
