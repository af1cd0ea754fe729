import ipaddr from 'ipaddr.js';

/** The range of IPv6 addresses that are routed on the Internet (RFC 4291 section 2.4, IANA). */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** The addresses of cloud metadata services that are in public ranges. */
const METADATA: ReadonlySet<string> = new Set(['168.63.129.16']);

/**
 * Returns whether an address is public. Private, loopback, link-local, carrier-grade NAT and reserved addresses are not
 * public. IPv6 addresses that embed an IPv4 address are not public either.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast' || METADATA.has(address.toString())) return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST);
}
