// The template of the route that a request has found, and never its path: what callers put into a path must not become a name.
import type { Context } from 'koa';

/** Null where there is no such route. */
export const templateOfRoute = (context: Context): string | null => {
  const { _matchedRoute: template } = context as { readonly _matchedRoute?: string | RegExp };
  return typeof template === 'string' ? template : null;
};
