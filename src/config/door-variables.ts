// The rows of the configuration that say how much the door takes, and from whom: requests a minute, and whose word counts
// about where a request comes from.
import { isIP } from 'node:net';
import { compile } from 'proxy-addr';
import { bearer, wholeNumber, type Parser } from './parsers.ts';
import type { Variable } from './variable.ts';

export interface DoorConfig {
  /** Requests a minute; 0 is no limit. So are the four below. */
  readonly zoneRatePerMinute: number;
  readonly invocationRatePerMinute: number;
  readonly v1RatePerMinute: number;
  readonly verifyRatePerMinute: number;
  readonly readyRatePerMinute: number;
  /** All proxies, none, so many of them, or those with these addresses, CIDR blocks and names of ranges. */
  readonly trustProxy: boolean | number | readonly string[];
  /** Null: the operator token opens the metrics. */
  readonly metricsBearer: string | null;
}

const RATE_MAX = 100_000_000;
const HOPS_MAX = 32;
const PROXIES_MAX = 64;

const rate = (name: string, fallback: number, what: string): Variable<number> => ({
  name,
  parser: wholeNumber(0, RATE_MAX),
  fallback,
  meaning: `${what}. 0: no limit.`,
  unit: 'requests a minute',
});

const hops = wholeNumber(1, HOPS_MAX);

const trustedProxies: Parser<DoorConfig['trustProxy']> = {
  allowed:
    `true, false, a number of hops from 1 to ${HOPS_MAX}, or at most ${PROXIES_MAX} of these with commas between: ` +
    'an address, a CIDR block, loopback, linklocal, uniquelocal',
  parse(text) {
    if (text === 'true' || text === 'false') return text === 'true';
    if (/^\d+$/.test(text)) return hops.parse(text);
    const proxies = text.split(',').map((proxy) => proxy.trim());
    return proxies.length <= PROXIES_MAX && proxies.every(namesProxies) ? proxies : undefined;
  },
};

const RANGES = new Set(['loopback', 'linklocal', 'uniquelocal']);

// What compiles the addresses takes spellings such as `10` and `0x7f.1` as well, which are more often a mistake.
function namesProxies(text: string): boolean {
  if (RANGES.has(text)) return true;
  const [address = '', length, ...rest] = text.split('/');
  if (isIP(address) === 0 || rest.length > 0 || !/^\d{1,3}$/.test(length ?? '1')) return false;
  try {
    compile(text);
    return true;
  } catch {
    return false;
  }
}

export const doorVariables: { readonly [Field in keyof DoorConfig]: Variable<DoorConfig[Field]> } = {
  zoneRatePerMinute: rate(
    'COORDINATOR_RATE_LIMIT_PER_MIN',
    6000,
    'What one client address may ask of /zones/…, all zones together',
  ),
  invocationRatePerMinute: rate(
    'INVOCATION_RATE_LIMIT_PER_MIN',
    1200,
    'Invocations that one application may create, start, cancel and complete in one zone, all together',
  ),
  v1RatePerMinute: rate('V1_RATE_LIMIT_PER_MIN', 3000, 'What one client address may ask of /v1/…, but for /v1/verify'),
  verifyRatePerMinute: rate('VERIFY_RATE_LIMIT_PER_MIN', 600, 'What one client address may ask of /v1/verify'),
  readyRatePerMinute: rate('READY_RATE_LIMIT_PER_MIN', 120, 'What one client address may ask of /ready'),
  trustProxy: {
    name: 'TRUST_PROXY',
    parser: trustedProxies,
    fallback: false,
    meaning:
      'Which proxies in front may say, in X-Forwarded-For, for whom they ask. With true anybody can make up an address.',
    unit: null,
  },
  metricsBearer: {
    name: 'METRICS_BEARER',
    parser: bearer,
    fallback: null,
    meaning: 'A bearer of its own for /metrics. Unset: the operator token.',
    unit: null,
    secret: true,
  },
};
