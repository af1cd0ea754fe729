import type { Lateness } from '../lateness';

/** When a request was sent and answered, by `performance.now()`. */
export interface Timed {
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** How long the slowest of those took that were sent between two moments, by what the machine could do. */
export function slowestOf(requests: readonly Timed[], from: number, to: number, lateness: Lateness): number {
  const times = requests
    .filter(({ sentAt }) => sentAt > from && sentAt < to)
    .map(({ sentAt, answeredAt }) => lateness.judged(sentAt, answeredAt));
  return Math.max(0, ...times);
}
