import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { loggedAnswerOf, loggedDecisionOf } from '../api-keys/access/logged-decision';
import { accessOf } from '../api-keys/access/verified-access';
import type { ClientAddress } from '../http/client-address';
import { sentMethodOf } from '../http/host-front';
import type { HttpMetrics } from '../health/http-metrics';
import { REQUEST_ID_HEADER } from './request-id';
import type { ServiceLogger } from './service.logger';

/** Matches the routes of probes, whose requests are logged only at the level `debug`. */
const PROBES = /^\/(?:health\/|metrics$)/;

/** The dependencies of the access log. */
export interface AccessLogParts {
  readonly logger: ServiceLogger;
  readonly metrics: HttpMetrics;
  readonly clientAddress: ClientAddress;
}

/** A function that receives each request after its response was sent. */
export type Answered = (request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Logs and measures every request after its response was sent. Sends the request id in a response header. The log
 * contains no text from the client except a valid request id: it contains the route template, but no path, query or
 * body.
 *
 * @returns the function that logs and measures a request, for requests that Fastify answers without calling hooks
 */
export function logRequests(
  fastify: FastifyInstance,
  { logger, metrics, clientAddress }: AccessLogParts,
): Answered {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header(REQUEST_ID_HEADER, request.id);
    done();
  });
  const answered: Answered = (request, reply) => {
    const route = request.is404 ? undefined : request.routeOptions.url;
    metrics.observe(sentMethodOf(request.raw), route, reply.statusCode, reply.elapsedTime / 1000);
    const level = PROBES.test(route ?? '') ? 'debug' : reply.statusCode >= 500 ? 'warn' : 'log';
    if (logger.isLevelEnabled(level)) logger.request(level, lineOf(request, reply, route, clientAddress));
  };
  fastify.addHook('onResponse', (request, reply, done) => {
    answered(request, reply);
    done();
  });
  return answered;
}

function lineOf(
  request: FastifyRequest,
  reply: FastifyReply,
  route: string | undefined,
  clientAddress: ClientAddress,
): Readonly<Record<string, string | number | undefined>> {
  const access = accessOf(request);
  const logged = loggedDecisionOf(request);
  const about = loggedAnswerOf(request);
  return {
    requestId: request.id,
    method: sentMethodOf(request.raw),
    route: route ?? 'unknown',
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 100) / 100,
    client: clientAddress.of(request.raw),
    keyId: access?.presented?.key.id ?? logged?.keyId,
    userId: access?.caller.userId,
    decision: access?.presented === undefined ? logged?.code : 'VALID',
    aboutKeyId: about?.keyId,
    aboutDecision: about?.code,
  };
}
