/** When a request was sent and answered, by `performance.now()`. */
export interface Timed {
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** How long the slowest of those took that were sent between two moments. */
export function slowestOf(requests: readonly Timed[], from: number, to: number): number {
  const times = requests
    .filter(({ sentAt }) => sentAt > from && sentAt < to)
    .map(({ sentAt, answeredAt }) => answeredAt - sentAt);
  return Math.max(0, ...times);
}
