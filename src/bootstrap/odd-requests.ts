import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { problemOf } from '../problems/problem';
import { sendProblem } from './send-problem';

/**
 * Answers with a problem, as everything else, what Node would answer with an empty body: a request of HTTP/1.1 without
 * `Host` (RFC 9112 section 3.2). Node must be told not to (`requireHostHeader`).
 */
export function demandHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.headers.host !== undefined || request.raw.httpVersionMinor === 0) {
      done();
      return;
    }
    void reply.header('Connection', 'close');
    sendProblem(reply, problemOf('invalid_request', 'Name the host in a Host header.'));
  });
}

/** Serves requests that expect something unknown like any other, as RFC 9110 section 10.1.1 permits. */
export function meetExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}
