/** The maximum number of limits in a request about one key or policy. */
export const MAX_RATE_LIMITS = 3;

/** The format of the name of a limit. */
export const RATE_LIMIT_NAME = /^[a-z0-9._-]{1,32}$/;

/** The name that a limit gets if it was stored without one. */
export const DEFAULT_LIMIT_NAME = 'default';

/** The maximum cost of a request. */
export const MAX_COST = 1000;

/** At most `limit` requests in each window of `windowSeconds`. A request of a greater cost counts as that many. */
export interface RateLimit {
  /** 1 to 32 characters of `a-z 0-9 . _ -`, unique among the limits of one key or policy. */
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
}

/**
 * Returns whether the inner limits are at least as strict as the outer ones: for each outer limit, one of the inner limits
 * allows no more requests, in a window that is not shorter. Their names do not matter.
 */
export function rateLimitsCover(outer: readonly RateLimit[], inner: readonly RateLimit[]): boolean {
  return outer.every((each) => inner.some((own) => isAsStrict(each, own)));
}

/** Returns whether the inner limits contain each outer limit under its own name, unchanged or stricter. */
export function rateLimitsKeep(outer: readonly RateLimit[], inner: readonly RateLimit[]): boolean {
  return outer.every((each) => inner.some((own) => own.name === each.name && isAsStrict(each, own)));
}

/** Returns the limits ordered by name, so that two equal sets of limits are equal lists. */
export function sortedLimits(limits: readonly RateLimit[]): readonly RateLimit[] {
  return limits.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Returns whether a value is a cost: a whole number from 0 to {@link MAX_COST}. */
export function isCost(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_COST;
}

function isAsStrict(outer: RateLimit, inner: RateLimit): boolean {
  return inner.limit <= outer.limit && inner.windowSeconds >= outer.windowSeconds;
}
