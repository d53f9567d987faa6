// The template of the route that a request has found, and never its path: what callers put into a path must not become a name.
import type { Context } from 'koa';

export const templateOfRoute = (context: Context): string => {
  const { _matchedRoute: template } = context as { readonly _matchedRoute?: string | RegExp };
  return typeof template === 'string' ? template : 'none';
};
