import type { FastifyCorsOptions } from '@fastify/cors';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/**
 * The routes that web pages may call. Forward-auth is excluded: a proxy forwards its client's method and headers to it,
 * so a successful preflight would admit the client without a key.
 */
const FOR_BROWSERS = /^\/(?:v1\/(?:api-keys|events|users)|oauth2)(?:[/?]|$)/;

/** Matches `.` and `..` segments, which a proxy may resolve to another path. */
const DOT_SEGMENT = /\/(?:\.|%2e)/i;

/**
 * Allows web pages of the listed origins to call the service. A page still needs a key or a session in a header,
 * because there are no cookies.
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
      const isAllowed =
        FOR_BROWSERS.test(request.url) &&
        !DOT_SEGMENT.test(request.url) &&
        origin !== undefined &&
        listed.has(origin) &&
        (!isPreflight || asked !== undefined);
      callback(null, isAllowed ? allowed : { origin: false });
    },
  });
}
