import type { FastifyCorsOptions } from '@fastify/cors';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/**
 * What pages may call. Not forward-auth: a proxy asks there with its client's own method and headers, and a preflight that
 * was answered would let the client through without a key.
 */
const FOR_BROWSERS = /^\/(?:v1\/(?:api-keys|events|users)|oauth2)(?:[/?]|$)/;

/** A proxy may make another path of these. */
const DOT_SEGMENT = /\/(?:\.|%2e)/i;

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
