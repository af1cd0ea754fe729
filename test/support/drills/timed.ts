import type { Lateness } from '../lateness';

/** The times at which a request was sent and answered, from `performance.now()`. */
export interface Timed {
  readonly sentAt: number;
  readonly answeredAt: number;
}

/**
 * Returns the duration of the slowest request sent between two times, without the time that this process was delayed.
 */
export function slowestOf(requests: readonly Timed[], from: number, to: number, lateness: Lateness): number {
  const times = requests
    .filter(({ sentAt }) => sentAt > from && sentAt < to)
    .map(({ sentAt, answeredAt }) => lateness.judged(sentAt, answeredAt));
  return Math.max(0, ...times);
}
