import type { FastifyReply } from 'fastify';
import { variedBy } from '../problems/cache-headers';
import { PROBLEM_MEDIA_TYPE, type Problem } from '../problems/problem';

/** Answers with a problem where no filter of Nest is reached. */
export function sendProblem(reply: FastifyReply, problem: Problem): void {
  void reply
    .code(problem.status)
    .header('Content-Type', PROBLEM_MEDIA_TYPE)
    .header('Cache-Control', 'no-store')
    .header('Vary', variedBy(reply.getHeader('Vary')))
    .send(JSON.stringify({ ...problem, instance: `urn:keyward:request:${reply.request.id}` }));
}
