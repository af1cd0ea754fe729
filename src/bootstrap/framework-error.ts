import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_MEDIA_TYPE } from '../problems/problem';
import { toProblemException } from '../problems/problem-translation';

/** Answers what Fastify gives up before any route is found, such as an address that cannot be decoded. */
export function answerFrameworkError(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  const { problem } = toProblemException(error);
  void reply
    .code(problem.status)
    .header('Content-Type', PROBLEM_MEDIA_TYPE)
    .header('Cache-Control', 'no-store')
    .send(JSON.stringify(problem));
}
