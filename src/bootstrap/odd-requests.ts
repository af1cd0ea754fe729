import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { problemOf } from '../problems/problem';
import { sendProblem } from './send-problem';

/**
 * Answers with a problem, as everything else, what RFC 9112 section 3.2 refuses: a request of HTTP/1.1 without `Host`, which
 * Node would answer with an empty body (it must be told not to, `requireHostHeader`), and any request with more than one,
 * of which Node takes the first and a proxy perhaps the last.
 */
export function demandHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const hosts = hostsIn(request.raw.rawHeaders);
    if (hosts === 1 || (hosts === 0 && request.raw.httpVersionMinor === 0)) {
      done();
      return;
    }
    void reply.header('Connection', 'close');
    sendProblem(reply, problemOf('invalid_request', 'Name the host in one Host header.'));
  });
}

function hostsIn(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts;
}

/** Serves requests that expect something unknown like any other, as RFC 9110 section 10.1.1 permits. */
export function meetExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}
