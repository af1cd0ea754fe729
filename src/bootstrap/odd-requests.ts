import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { headerValues } from '../http/http-request';
import { problemOf } from '../problems/problem';
import { sendProblem } from './send-problem';

/**
 * Rejects the requests that RFC 9112 section 3.2 forbids, with a problem:
 *
 * - HTTP/1.1 requests without `Host`. Node would answer with an empty body, so `requireHostHeader` must be off.
 * - Requests with several `Host` headers. Node uses the first, but a proxy may use the last.
 */
export function demandHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const hosts = headerValues(request.raw, 'host').length;
    if (hosts === 1 || (hosts === 0 && request.raw.httpVersionMinor === 0)) {
      done();
      return;
    }
    void reply.header('Connection', 'close');
    sendProblem(reply, problemOf('invalid_request', 'Send exactly one Host header.'));
  });
}

/** Ignores unknown `Expect` headers, as RFC 9110 section 10.1.1 permits. */
export function meetExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}
