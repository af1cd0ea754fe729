import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';

/** Finds the address of a request's client. */
export type ClientAddressOf = (request: IncomingMessage) => string | undefined;

/**
 * The socket's address, or, where that is a trusted proxy's, the nearest address in `X-Forwarded-For` that is not.
 * What cannot be read as an address later on fails every allowlist.
 *
 * @param trusted addresses and CIDR ranges of proxies
 * @throws TypeError if one is not an address or range
 */
export function clientAddressFinder(trusted: readonly string[]): ClientAddressOf {
  if (trusted.length === 0) return (request) => request.socket.remoteAddress;
  const trust = proxyAddr.compile([...trusted]);
  return (request) => proxyAddr(request, trust);
}
