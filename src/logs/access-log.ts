import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { loggedAnswerOf, loggedDecisionOf } from '../api-keys/access/logged-decision';
import { accessOf } from '../api-keys/access/verified-access';
import type { ClientAddress } from '../http/client-address';
import { sentMethodOf } from '../http/host-front';
import type { HttpMetrics } from '../health/http-metrics';
import { REQUEST_ID_HEADER } from './request-id';
import type { ServiceLogger } from './service.logger';

/** Frequent requests that are logged at level `debug` only. */
const PROBES = /^\/(?:health\/|metrics$)/;

/** The dependencies of the access log. */
export interface AccessLogParts {
  readonly logger: ServiceLogger;
  readonly metrics: HttpMetrics;
  readonly clientAddress: ClientAddress;
}

/** Receives a request after it was answered. */
export type Answered = (request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Logs and measures every request after it was answered, and returns its id in a header. The only client text in the log is a
 * valid request id. Routes are logged as templates, without path, query or body.
 *
 * @returns the function to call for requests that Fastify answers without its hooks
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
