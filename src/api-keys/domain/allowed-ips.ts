import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/** The maximum number of addresses and ranges in the allowlist of a key. */
export const MAX_ALLOWED_IPS = 100;

const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
const PREFIX_LENGTH = /^(?:0|[1-9]\d{0,2})$/;

/**
 * Parses an address: dotted-quad IPv4 without leading zeros, or IPv6 without a zone. An IPv4-mapped IPv6 address becomes its
 * IPv4 address. Returns `undefined` for text that is not an address.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(':')) {
    const groups = withoutDottedTail(text);
    if (groups === undefined || groups.includes('%') || !ipaddr.IPv6.isValid(groups)) return undefined;
    const address = ipaddr.IPv6.parse(groups);
    return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
  }
  return IPV4.test(text) && ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text) : undefined;
}

/** Rewrites a dotted-quad tail of an IPv6 address as groups, because the library accepts invalid tails. */
function withoutDottedTail(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const cut = text.lastIndexOf(':') + 1;
  const tail = parseAddress(text.slice(cut));
  if (tail === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = tail.toByteArray();
  return `${text.slice(0, cut)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/**
 * Returns whether `text` is a valid allowlist entry: an address, or a CIDR range without host bits.
 * `10.0.0.1/8` is invalid because its meaning is ambiguous.
 */
export function isAllowedIp(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** Returns the kind and the prefix length of an allowlist entry; `undefined` if the entry is invalid. */
export function prefixOf(
  text: string,
): { readonly kind: 'ipv4' | 'ipv6'; readonly length: number } | undefined {
  const range = parseRange(text);
  return range && { kind: range[0].kind(), length: range[1] };
}

/** A parsed allowlist; `undefined` if it allows every address. */
export type Allowlist = readonly Range[] | undefined;

/** Parses an allowlist. An empty list allows every address. An invalid entry allows no address. */
export function readAllowlist(allowedIps: readonly string[]): Allowlist {
  if (allowedIps.length === 0) return undefined;
  return allowedIps.flatMap((entry) => {
    const range = parseRange(entry);
    return range === undefined ? [] : [range];
  });
}

/** Returns whether an allowlist allows `address`. An unknown or invalid address is in no list. */
export function addressAllowed(allowlist: Allowlist, address: string | undefined): boolean {
  if (allowlist === undefined) return true;
  const client = address === undefined ? undefined : parseAddress(address);
  return client !== undefined && allowlist.some((range) => contains(range, client, bitsOf(client)));
}

/** Returns whether each entry of `inner` lies within one entry of `outer`. An empty list allows every address. */
export function allowlistCovers(outer: readonly string[], inner: readonly string[]): boolean {
  const around = readAllowlist(outer);
  if (around === undefined) return true;
  return inner.length > 0 && inner.every((entry) => isWithin(around, parseRange(entry)));
}

function isWithin(around: readonly Range[], range: Range | undefined): boolean {
  return range !== undefined && around.some((each) => contains(each, ...range));
}

function contains(range: Range, address: Address, prefixLength: number): boolean {
  return range[0].kind() === address.kind() && range[1] <= prefixLength && address.match(range[0], range[1]);
}

function parseRange(text: string): Range | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) {
    const address = parseAddress(text);
    return address && [address, bitsOf(address)];
  }
  const written = text.slice(0, slash);
  const address = parseAddress(written);
  const prefix = text.slice(slash + 1);
  if (address === undefined || !PREFIX_LENGTH.test(prefix)) return undefined;
  const mapped = written.includes(':') && address.kind() === 'ipv4';
  const prefixLength = Number(prefix) - (mapped ? 96 : 0);
  if (prefixLength < 0 || prefixLength > bitsOf(address)) return undefined;
  return hasHostBits(address, prefixLength) ? undefined : [address, prefixLength];
}

function hasHostBits(address: Address, prefixLength: number): boolean {
  return address
    .toByteArray()
    .some((byte, index) => (byte & (0xff >> Math.min(8, Math.max(0, prefixLength - index * 8)))) !== 0);
}

function bitsOf(address: Address): number {
  return address.kind() === 'ipv4' ? 32 : 128;
}

/**
 * Returns the network whose failed credentials are counted together: the IPv4 address of a client, or the /64 of its IPv6
 * address.
 */
export function networkOf(address: string | undefined): string {
  const client = address === undefined ? undefined : parseAddress(address);
  if (client === undefined) return 'unknown';
  return client instanceof ipaddr.IPv6 ? client.parts.slice(0, 4).join(':') : client.toString();
}
