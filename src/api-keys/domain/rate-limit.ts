/** At most `limit` requests in each window of `windowSeconds`. */
export interface RateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
}

/**
 * Whether `inner` is never looser than `outer`, over whatever span one looks: no more requests, in no shorter
 * a window. No limit is the loosest of all.
 */
export function rateLimitCovers(outer: RateLimit | undefined, inner: RateLimit | undefined): boolean {
  if (outer === undefined) return true;
  return inner !== undefined && inner.limit <= outer.limit && inner.windowSeconds >= outer.windowSeconds;
}
