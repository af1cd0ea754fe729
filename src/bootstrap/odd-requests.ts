import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { headerValues } from '../http/http-request';
import { problemOf } from '../problems/problem';
import { sendProblem } from './send-problem';

/**
 * Answers with a problem, as everything else, what RFC 9112 section 3.2 refuses: a request of HTTP/1.1 without `Host`, which
 * Node would answer with an empty body (it must be told not to, `requireHostHeader`), and any request with more than one,
 * of which Node takes the first and a proxy perhaps the last.
 */
export function demandHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const hosts = headerValues(request.raw, 'host').length;
    if (hosts === 1 || (hosts === 0 && request.raw.httpVersionMinor === 0)) {
      done();
      return;
    }
    void reply.header('Connection', 'close');
    sendProblem(reply, problemOf('invalid_request', 'Name the host in one Host header.'));
  });
}

/** Serves requests that expect something unknown like any other, as RFC 9110 section 10.1.1 permits. */
export function meetExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}
