import type { FastifyReply, FastifyRequest } from 'fastify';
import { variedBy } from '../problems/cache-headers';
import { type Problem, PROBLEM_MEDIA_TYPE } from '../problems/problem';
import type { Answered } from '../logs/access-log';
import { REQUEST_ID_HEADER } from '../logs/request-id';
import { toProblemException } from '../problems/problem-translation';
import { SECURITY_HEADERS } from './security-headers';

/** Answers with a problem, for requests that no Nest filter handles. */
export function sendProblem(reply: FastifyReply, problem: Problem): void {
  void reply
    .code(problem.status)
    .header('Content-Type', PROBLEM_MEDIA_TYPE)
    .header('Cache-Control', 'no-store')
    .header('Vary', variedBy(reply.getHeader('Vary')))
    .send(JSON.stringify({ ...problem, instance: `urn:keyward:request:${reply.request.id}` }));
}

/** Answers a request that Fastify rejects before routing and hooks, such as one whose URL cannot be decoded. */
export function answerFrameworkError(
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
  answered: Answered | undefined,
): void {
  const { problem } = toProblemException(error);
  reply.raw.once('finish', () => answered?.(request, reply));
  void reply.headers(SECURITY_HEADERS).header(REQUEST_ID_HEADER, request.id);
  sendProblem(reply, problem);
}
