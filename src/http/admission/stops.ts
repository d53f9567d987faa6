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
