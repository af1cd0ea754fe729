import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

/**
 * Helmet's headers for API responses. If a browser shows a response as a page, the page can neither load nor run
 * anything. The headers are the same for every response, so they are computed once.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = headersOf({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'base-uri': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  // Other services may run under subdomains of this host without TLS.
  strictTransportSecurity: { includeSubDomains: false },
});

/** Matches the request URL, because that is faster than finding the route. Unusual spellings get the strict policy. */
const DOCUMENTATION = /^\/docs(?:[/?]|$)/;

/**
 * Returns a content security policy that allows only this service and the origins for sign-in. It omits
 * `upgrade-insecure-requests`, so that it also works over plain HTTP.
 */
function documentationPolicy(signInOrigins: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src ${["'self'", ...signInOrigins].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * Sends Helmet's headers with every response. Swagger UI gets a policy that allows its own scripts and styles.
 *
 * @param signInOrigins returns the origins from which Swagger UI fetches tokens; empty until the identity provider has
 *   answered
 */
export function secureHeaders(fastify: FastifyInstance, signInOrigins: () => readonly string[]): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS);
    if (DOCUMENTATION.test(request.url)) {
      void reply.header('content-security-policy', documentationPolicy(signInOrigins()));
      // A sign-in opens a window of the identity provider, which must reach the window that opened it.
      void reply.removeHeader('cross-origin-opener-policy');
    }
    done();
  });
}

function headersOf(options: Parameters<typeof helmet>[0]): Readonly<Record<string, string>> {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  helmet(options)(response.req, response, (error) => {
    if (error !== undefined) throw error;
  });
  return Object.fromEntries(
    Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]),
  );
}
