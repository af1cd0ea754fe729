import { ConfigurationError } from '../../problems/configuration.error';
import { allowlistCovers, prefixOf } from '../domain/allowed-ips';

/**
 * Private IPv6 networks can have any size. A public network that is wider than `SHORTEST_PREFIX` contains hosts that
 * are not yours.
 */
const PRIVATE_IPV6 = ['fc00::/7'];
const SHORTEST_PREFIX = { ipv4: 8, ipv6: 16 } as const;

/**
 * Requires that each entry is an address, or a network that can contain only your own proxies; see decision record
 * 0049.
 *
 * @param name the name of the setting, for the error
 * @throws ConfigurationError if an entry is neither; the error names the first one
 */
export function requireProxies(proxies: readonly string[], name: string): void {
  const wrong = proxies.find((entry) => {
    const prefix = prefixOf(entry);
    const isNarrow = prefix !== undefined && prefix.length >= SHORTEST_PREFIX[prefix.kind];
    return !isNarrow && !allowlistCovers(PRIVATE_IPV6, [entry]);
  });
  if (wrong === undefined) return;
  throw new ConfigurationError(
    `${name} contains ${JSON.stringify(wrong)}: use addresses and CIDR ranges of your proxies, none wider than /8 (public IPv6: /16).`,
  );
}
