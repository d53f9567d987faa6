// The path of the route that verifies tokens: it has a lane, a count and a form of refusals of its own.
export const VERIFY_PATH = '/v1/verify';

/** Whether a path without its query is that of the route. The router ignores the case of a path. */
export const isVerifyPath = (path: string): boolean =>
  path.length === VERIFY_PATH.length && path.toLowerCase() === VERIFY_PATH;
