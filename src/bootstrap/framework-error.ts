import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answered } from '../logs/access-log';
import { REQUEST_ID_HEADER } from '../logs/request-id';
import { toProblemException } from '../problems/problem-translation';
import { SECURITY_HEADERS } from './security-headers';
import { sendProblem } from './send-problem';

/** Answers what Fastify gives up before any route is found and any hook runs, such as an address that cannot be decoded. */
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
