import type { FastifyInstance } from 'fastify';

const ABOUT_THE_BODY = ['content-type', 'content-length', 'transfer-encoding'] as const;

/**
 * Serves a path without reading bodies. A proxy repeats its client's `Content-Type` on the request by which it asks,
 * most often without the body itself: what the client sends is not for this service to parse.
 */
export function leaveBodiesUnread(fastify: FastifyInstance, path: string): void {
  fastify.addHook('onRoute', (route) => {
    if (route.url !== path) return;
    route.onRequest = (request, _reply, done) => {
      for (const name of ABOUT_THE_BODY) delete request.raw.headers[name];
      done();
    };
  });
}
