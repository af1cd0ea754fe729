/** At most `limit` requests in each window of `windowSeconds`. */
export interface RateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
}

/**
 * Returns whether `inner` is at least as strict as `outer`: no more requests, in a window that is not shorter.
 * `undefined` means no limit, which is never as strict as a limit.
 */
export function rateLimitCovers(outer: RateLimit | undefined, inner: RateLimit | undefined): boolean {
  if (outer === undefined) return true;
  return inner !== undefined && inner.limit <= outer.limit && inner.windowSeconds >= outer.windowSeconds;
}

/** A rate limit with a name that is unique among the limits of one key or policy. */
export interface NamedRateLimit extends RateLimit {
  readonly name: string;
}
