import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import proxyAddr from 'proxy-addr';

/**
 * Matches an entry of `X-Forwarded-For` that may have a port, as Azure and AWS send it. An IPv6 address with a port
 * needs brackets.
 */
const WITH_PORT = /^(?:\[(?<ipv6>[^\]]*)\]|(?<ipv4>[^:]*))(?::(?<port>\d{1,5}))?$/;
const MAX_PORT = 65_535;

/** Finds the address of a request's client. The guard, forward-auth and the access log share one instance. */
export class ClientAddress {
  private readonly trusts: ((address: string, hop: number) => boolean) | undefined;

  /**
   * @param trustedProxies addresses and CIDR ranges of proxies
   * @throws TypeError if one of them is not an address or a range
   */
  constructor(trustedProxies: readonly string[]) {
    this.trusts = trustedProxies.length === 0 ? undefined : proxyAddr.compile([...trustedProxies]);
  }

  /**
   * Returns the socket's address. If that is a trusted proxy, reads `X-Forwarded-For` from its end and returns the
   * first address that is not a trusted proxy. If there is none, returns the last address that it read. Returns
   * `undefined` if it reads an entry that is not an address. Every allowlist then rejects the request.
   */
  of({ socket, headers }: IncomingMessage): string | undefined {
    let address = socket.remoteAddress;
    if (this.trusts === undefined) return address;
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
    for (let hop = 0; address !== undefined && this.trusts(address, hop); hop += 1) {
      const entry = nextEntry(forwarded);
      if (entry === undefined) break;
      address = addressIn(entry);
    }
    return address;
  }
}

/** Removes and returns the last entry of a list. Skips empty entries (RFC 9110 section 5.6.1). */
function nextEntry(entries: string[]): string | undefined {
  let entry: string | undefined;
  do entry = entries.pop()?.trim();
  while (entry === '');
  return entry;
}

/** Returns the address in an entry, without its port; `undefined` for anything else, such as an address with a zone. */
function addressIn(entry: string): string | undefined {
  if (entry.includes('%')) return undefined;
  if (isIP(entry) !== 0) return entry;
  const { ipv4 = '', ipv6 = '', port = '0' } = WITH_PORT.exec(entry)?.groups ?? {};
  if (Number(port) > MAX_PORT) return undefined;
  if (isIPv6(ipv6)) return ipv6;
  return isIPv4(ipv4) ? ipv4 : undefined;
}
