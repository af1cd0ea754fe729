import type { FastifyCorsOptions } from '@fastify/cors';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/** Asked by proxies, for whatever method their clients use: a preflight answered here would let it through. */
const NOT_FOR_BROWSERS = '/v1/forward-auth';

/**
 * Lets pages of the listed origins call the service. Nobody is let in by it: a page still presents a key or a session,
 * in a header, since there are no cookies.
 */
export function allowOrigins(app: NestFastifyApplication, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowed: FastifyCorsOptions = {
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'If-Match',
      'X-API-Key',
      'X-Org-Id',
      'X-Project-Id',
      'X-Request-Id',
    ],
    exposedHeaders: [
      'ETag',
      'Location',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'WWW-Authenticate',
      'X-Request-Id',
    ],
    maxAge: 600,
    strictPreflight: false,
  };
  const listed = new Set(origins);
  app.enableCors({
    delegator: (request: FastifyRequest, callback: (error: null, options: FastifyCorsOptions) => void) => {
      const { origin, 'access-control-request-method': asked } = request.headers;
      const isPreflight = request.method === 'OPTIONS';
      const isForBrowsers = request.url.split('?', 1)[0]?.replace(/\/$/, '') !== NOT_FOR_BROWSERS;
      const isAllowed =
        isForBrowsers && origin !== undefined && listed.has(origin) && (!isPreflight || asked !== undefined);
      callback(null, isAllowed ? allowed : { origin: false });
    },
  });
}
