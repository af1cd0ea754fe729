import type { Server, ServerOptions } from 'node:http';

const MAX_HEADERS_TIMEOUT_MS = 10_000;

/** Limits of every connection. */
export const CONNECTION_BOUNDS: ServerOptions = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: MAX_HEADERS_TIMEOUT_MS,
  requestTimeout: 30_000,
  keepAliveTimeout: 5000,
  // Node's default is 30 s, which a slow client would get in addition to its timeout.
  connectionsCheckingInterval: 500,
  // The service answers with a problem instead, see odd-requests.ts.
  requireHostHeader: false,
};

/** Sets the timeouts of a server from the environment. */
export function boundConnections(server: Server, requestTimeoutMs: number, keepAliveTimeoutMs: number): void {
  server.requestTimeout = requestTimeoutMs;
  server.headersTimeout = Math.min(MAX_HEADERS_TIMEOUT_MS, requestTimeoutMs);
  server.keepAliveTimeout = keepAliveTimeoutMs;
}
