// Who a request comes from: an address, and the key that requests are counted under, which is the network of one caller. What a proxy
// says about it counts only where the configuration trusts that proxy, as anybody can send such a header.
import { isIPv4, isIPv6 } from 'node:net';
import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/** All proxies, none, so many hops of them, or those with these addresses, CIDR blocks or names of ranges. */
export type TrustedProxies = boolean | number | readonly string[];

/** What a request's caller is counted under. Whatever cannot be read as an address is one key, so that it is no way around. */
export const clientKeyReader = (trusted: TrustedProxies): ((request: IncomingMessage) => string) => {
  const addressOf = addressReader(trusted);
  return (request) => clientKey(addressOf(request));
};

/** The address of a request's caller, for people to read; what is none is not repeated. */
export const clientAddressReader = (trusted: TrustedProxies): ((request: IncomingMessage) => string) => {
  const addressOf = addressReader(trusted);
  return (request) => {
    const address = addressOf(request);
    return clientKey(address) === UNREADABLE ? UNREADABLE : address;
  };
};

const addressReader = (trusted: TrustedProxies): ((request: IncomingMessage) => string) => {
  if (trusted === false) return ({ socket }) => socket.remoteAddress ?? '';
  const isTrusted = trustOf(trusted);
  return (request) => proxyAddr(request, isTrusted) ?? '';
};

type Trust = (address: string, hop: number) => boolean;

const trustOf = (trusted: TrustedProxies): Trust => {
  if (typeof trusted === 'boolean') return () => trusted;
  if (typeof trusted === 'number') return (_, hop) => hop < trusted;
  return proxyAddr.compile([...trusted]);
};

const UNREADABLE = 'unreadable';

// Some proxies name the port as well.
const WITH_PORT = /^(?:\[(?<v6>[^\]]+)\](?::\d+)?|(?<v4>[\d.]+):\d+)$/;

/** An IPv4 address as it is; the /64 of an IPv6 address, which is what one subscriber is given (RFC 6177, section 2). */
export const clientKey = (address: string): string => {
  if (isIPv4(address)) return address;
  if (isIPv6(address)) return networkOf(address);
  const { v4, v6 } = WITH_PORT.exec(address)?.groups ?? {};
  if (v4 !== undefined && isIPv4(v4)) return v4;
  return v6 !== undefined && isIPv6(v6) ? networkOf(v6) : UNREADABLE;
};

const GROUPS = 8;
const GROUPS_OF_NETWORK = 4;

const networkOf = (address: string): string => {
  const [head = [], tail] = withoutZone(address).split('::').map(groupsOf);
  const gap = tail === undefined ? 0 : GROUPS - head.length - tail.length;
  const groups = [...head, ...Array<number>(gap).fill(0), ...(tail ?? [])];
  // An IPv4 address in the clothes of IPv6 (RFC 4291, section 2.5.5.2): how a socket shows one that listens for both.
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) return mapped(groups);
  return `${groups
    .slice(0, GROUPS_OF_NETWORK)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
};

const withoutZone = (address: string): string => address.replace(/%.*$/, '');

const groupsOf = (part: string): number[] =>
  part === '' ? [] : part.split(':').flatMap((group) => (group.includes('.') ? pairs(group) : [parseInt(group, 16)]));

const pairs = (dotted: string): number[] => {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
};

const mapped = ([, , , , , , high = 0, low = 0]: readonly number[]): string =>
  [high >> 8, high & 255, low >> 8, low & 255].join('.');
