import { ConfigurationError } from '../config/configuration.error';
import { prefixOf } from './domain/allowed-ips';

/** As wide as the widest private networks, 10.0.0.0/8 and fc00::/7: what is wider is somebody else's. */
const SHORTEST_PREFIX = { ipv4: 8, ipv6: 7 } as const;

/**
 * Requires that each entry is a proxy's address or a network that may be one's own, see decision record 0049.
 *
 * @throws ConfigurationError one sentence about the first that is neither
 */
export function requireProxies(proxies: readonly string[]): void {
  const wrong = proxies.find((entry) => {
    const prefix = prefixOf(entry);
    return prefix === undefined || prefix.length < SHORTEST_PREFIX[prefix.kind];
  });
  if (wrong === undefined) return;
  throw new ConfigurationError(
    `trustProxy holds ${JSON.stringify(wrong)}: use addresses and CIDR ranges of your proxies, none wider than /8 (IPv6: /7).`,
  );
}
