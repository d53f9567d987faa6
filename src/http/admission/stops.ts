// The requests that only take authority or work away: suspend, terminate and revoke. They have a lane of their own, so that
// nothing that has to be stopped can delay or use up the way to stop it.
import { routes } from '../routes/routes.ts';
import type { Method } from '../route.ts';

const PARAMETER = /:[A-Za-z]+/g;

const patternOf = (method: Method): RegExp => {
  const paths = routes.filter((route) => route.stops && route.method === method).map(({ path }) => path);
  const patterns = paths.map((path) => path.replace(PARAMETER, '[^/?#]+'));
  // The router ignores the case of a path.
  return new RegExp(`^(?:${patterns.join('|')})$`, 'i');
};

const patterns: Readonly<Record<string, RegExp>> = {
  PATCH: patternOf('PATCH'),
  DELETE: patternOf('DELETE'),
  POST: patternOf('POST'),
};

/** Tells whether a request is a stop, from its method and its path without the query. */
export const isStop = (method: string, path: string): boolean =>
  Object.hasOwn(patterns, method) && (patterns[method]?.test(path) ?? false);

// Probes cost next to nothing, and a process whose probes are late is restarted.
const PROBE = /^\/(?:health|ready)$/i;
const VERIFY = /^\/v1\/verify$/i;

/** A kind of request that is served before all others, whoever sends it. */
export type Urgent = 'stop' | 'verify' | 'probe';

/** Tells which of these kinds a request is of; null for any other. */
export const urgentKind = (method: string, url: string): Urgent | null => {
  const path = pathOf(url);
  if (isStop(method, path)) return 'stop';
  if (VERIFY.test(path)) return 'verify';
  return PROBE.test(path) ? 'probe' : null;
};

// A request to a proxy names the whole address (RFC 9112, section 3.2.2).
const pathOf = (url: string): string => {
  const path = url.startsWith('/') ? url : url.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
  const end = path.indexOf('?');
  return end === -1 ? path : path.slice(0, end);
};
