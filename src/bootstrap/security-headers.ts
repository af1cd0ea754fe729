import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

/**
 * Helmet's headers for responses with data: if a browser treats one as a page, the page may not do anything. They are the
 * same for every response, so they are computed once.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = headersOf({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'base-uri': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  // Other services may run under subdomains of this host without TLS.
  strictTransportSecurity: { includeSubDomains: false },
});

/** Matches the address because that is faster than finding the route. Unusual spellings get the strict policy. */
const DOCUMENTATION = /^\/docs(?:[/?]|$)/;

/** Returns a policy that allows only this service. Without `upgrade-insecure-requests`, it also works over plain HTTP. */
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
 * Sends helmet's headers with every response. Swagger UI gets a policy under which it works.
 *
 * @param signInOrigins where Swagger UI fetches tokens; empty until the identity provider has answered
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
