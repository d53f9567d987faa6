// Decides by method and path which requests are served first, and which may have a large answer. Stops only reduce authority
// or work. They have a separate lane, so that a flood of other requests can neither delay them nor use up their limits.
import { routes } from '../routes/routes.ts';
import type { Route } from '../route.ts';
import { isVerifyPath } from '../verify-path.ts';

const PARAMETER = /:[A-Za-z]+/g;

const patternOf = (rows: readonly Route[]): RegExp => {
  const patterns = rows.map(({ path }) => path.replace(PARAMETER, '[^/?#]+'));
  // The router ignores the case of a path.
  return new RegExp(`^(?:${patterns.join('|')})$`, 'i');
};

const stopsBy = (method: string): RegExp => patternOf(routes.filter((route) => route.stops && route.method === method));

const stops: Readonly<Record<string, RegExp>> = {
  PATCH: stopsBy('PATCH'),
  DELETE: stopsBy('DELETE'),
  POST: stopsBy('POST'),
};

/** Returns whether a request is a stop, by its method and its path without the query. */
export const isStop = (method: string, path: string): boolean =>
  Object.hasOwn(stops, method) && (stops[method]?.test(path) ?? false);

// A read with an entity tag returns one thing; all other reads return many.
const large = patternOf(routes.filter(({ method, tagged }) => method === 'GET' && !tagged));

/** Returns whether a request reads a list or a part of the graph. */
export const isLargeRead = (method: string, url: string): boolean =>
  (method === 'GET' || method === 'HEAD') && large.test(pathOf(url));

// Probes are cheap, and an orchestrator restarts a process whose probes are late.
const PROBE = /^\/(?:health|ready)$/i;

/** A kind of request that is served before all others, for every caller. */
export type Urgent = 'stop' | 'verify' | 'probe';

/** Returns which of these kinds a request is; null for any other. */
export const urgentKind = (method: string, url: string): Urgent | null => {
  const path = pathOf(url);
  if (isStop(method, path)) return 'stop';
  if (isVerifyPath(path)) return 'verify';
  return PROBE.test(path) ? 'probe' : null;
};

// The target may be an absolute URL (RFC 9112, section 3.2.2).
const pathOf = (url: string): string => {
  const path = url.startsWith('/') ? url : url.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
  const end = path.indexOf('?');
  return end === -1 ? path : path.slice(0, end);
};
