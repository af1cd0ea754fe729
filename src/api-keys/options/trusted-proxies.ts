import { ConfigurationError } from '../../problems/configuration.error';
import { allowlistCovers, prefixOf } from '../domain/allowed-ips';

/** Private networks of IPv6 may be as wide as they come; what is public and wider than this is somebody else's. */
const PRIVATE_IPV6 = ['fc00::/7'];
const SHORTEST_PREFIX = { ipv4: 8, ipv6: 16 } as const;

/**
 * Requires that each entry is a proxy's address or a network that may be one's own, see decision record 0049.
 *
 * @param name the name of the setting, for the error
 * @throws ConfigurationError one sentence about the first that is neither
 */
export function requireProxies(proxies: readonly string[], name: string): void {
  const wrong = proxies.find((entry) => {
    const prefix = prefixOf(entry);
    const isNarrow = prefix !== undefined && prefix.length >= SHORTEST_PREFIX[prefix.kind];
    return !isNarrow && !allowlistCovers(PRIVATE_IPV6, [entry]);
  });
  if (wrong === undefined) return;
  throw new ConfigurationError(
    `${name} holds ${JSON.stringify(wrong)}: use addresses and CIDR ranges of your proxies, none wider than /8 (public IPv6: /16).`,
  );
}
