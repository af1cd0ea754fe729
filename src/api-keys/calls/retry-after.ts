import type { ProblemException } from '../../problems/problem.exception';

/** A member of rejections, with the seconds until the next attempt. Missing if the problem has no such time. */
export interface RetryAfter {
  readonly retryAfter?: number;
}

/** Returns the time of a problem as a member of its rejection. */
export function retryAfterOf({ headers }: ProblemException): RetryAfter {
  const retryAfter = Number(headers['Retry-After']);
  return Number.isFinite(retryAfter) ? { retryAfter } : {};
}
