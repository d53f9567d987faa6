// PUBLIC_URL: its parser, and its default. The coordinator and the command that mints tokens compute the same default
// from the same variables, so it depends on no port that the system picks.
import { isPlainWebUrl, type Parser } from './parsers.ts';

/** The name of an issuer. Not normalised, because verifiers compare it byte for byte. */
export const issuerName: Parser<string> = {
  allowed: 'an http or https URL without user, query or fragment, and without a slash at the end',
  parse: (text) => (/^https?:\/\/[^/](?:.*[^/])?$/.test(text) && isPlainWebUrl(text) ? text : undefined),
};

/**
 * Returns `http://HOST:PORT`, with an IPv6 address in brackets and without its scope (`%eth0`), which no URL may have.
 */
export const defaultPublicUrl = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `http://${host.includes(':') ? `[${host.replace(/%.*$/, '')}]` : host}:${port}`;
