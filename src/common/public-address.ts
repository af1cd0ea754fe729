import ipaddr from 'ipaddr.js';

/** Every IPv6 address that the Internet routes (RFC 4291 section 2.4, IANA). */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** Public by its range, and yet the metadata service of a cloud's machines. */
const METADATA: ReadonlySet<string> = new Set(['168.63.129.16']);

/**
 * Whether an address is one of the Internet's: neither private, of this machine, of the link, of a carrier's network,
 * reserved, nor a way to write or to reach such an address by another.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast' || METADATA.has(address.toString())) return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST);
}
