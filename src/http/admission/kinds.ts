// Which requests are served first, and which may have a large answer, by method and path. Stops only take authority or work away:
// they have a lane of their own, so that nothing that has to be stopped can delay or use up the way to stop it.
import { routes } from '../routes/routes.ts';
import type { Route } from '../route.ts';

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

/** Tells whether a request is a stop, from its method and its path without the query. */
export const isStop = (method: string, path: string): boolean =>
  Object.hasOwn(stops, method) && (stops[method]?.test(path) ?? false);

// What has an entity tag is one thing; all other reads are of many.
const large = patternOf(routes.filter(({ method, tagged }) => method === 'GET' && !tagged));

/** Tells whether a request reads a list or a part of the graph. */
export const isLargeRead = (method: string, url: string): boolean =>
  (method === 'GET' || method === 'HEAD') && large.test(pathOf(url));

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
