// Where a request is addressed to. Node's parser takes more than HTTP does: no host or several, and targets that are none.
import type { IncomingMessage } from 'node:http';

const ABSOLUTE = /^https?:\/\//i;

/**
 * Whether it is addressed as RFC 9112 has it (section 3.2), which what parses the target later relies on. A target that names
 * the whole address, as a proxy sends it, is cut down to the path (section 3.2.2).
 */
export const isAddressed = (request: IncomingMessage): boolean => {
  const { url: target = '', httpVersion, rawHeaders } = request;
  const hosts = hostsIn(rawHeaders);
  if (hosts > 1 || (hosts === 0 && httpVersion !== '1.0')) return false;
  if (target.startsWith('/') || target === '*') return true;
  if (!ABSOLUTE.test(target) || !URL.canParse(target)) return false;
  const { pathname, search } = new URL(target);
  request.url = `${pathname}${search}`;
  return true;
};

const HOST = 'host';

/** Names and values stand in turn. */
const hostsIn = (rawHeaders: readonly string[]): number => {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === HOST.length && name.toLowerCase() === HOST) hosts += 1;
  }
  return hosts;
};
