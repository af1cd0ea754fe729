import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

/**
 * Helmet's headers for answers that are data: a browser that takes one for a page finds that it may do nothing. They
 * are the same for every answer, so helmet is asked once.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = headersOf({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'base-uri': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  // Whether other names below this one are served by TLS is not for this service to say.
  strictTransportSecurity: { includeSubDomains: false },
});

/** By address, which costs less to look at than the route; one that is written oddly gets the strict policy. */
const DOCUMENTATION = /^\/docs(?:[/?]|$)/;

/** Everything from this service, over plain HTTP as well: without `upgrade-insecure-requests`. */
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
 * Sends helmet's headers with every answer, and with Swagger UI those under which it works.
 *
 * @param signInOrigins where Swagger UI fetches tokens; known once the identity provider was asked
 */
export function secureHeaders(fastify: FastifyInstance, signInOrigins: () => readonly string[]): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS);
    if (DOCUMENTATION.test(request.url)) {
      void reply.header('content-security-policy', documentationPolicy(signInOrigins()));
      // A sign-in opens a window of the identity provider, which must find its way back.
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
