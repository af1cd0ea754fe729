import type { Server, ServerOptions } from 'node:http';

const MAX_HEADERS_TIMEOUT_MS = 10_000;

/** What any connection is held to. */
export const CONNECTION_BOUNDS: ServerOptions = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: MAX_HEADERS_TIMEOUT_MS,
  requestTimeout: 30_000,
  keepAliveTimeout: 5000,
  // Node's own interval is 30 s: a client that sends too slowly would stay that much longer.
  connectionsCheckingInterval: 500,
  // Answered with a problem instead, see odd-requests.ts.
  requireHostHeader: false,
};

/** Sets the time-outs of a server to what the operator wishes. */
export function boundConnections(server: Server, requestTimeoutMs: number, keepAliveTimeoutMs: number): void {
  server.requestTimeout = requestTimeoutMs;
  server.headersTimeout = Math.min(MAX_HEADERS_TIMEOUT_MS, requestTimeoutMs);
  server.keepAliveTimeout = keepAliveTimeoutMs;
}
