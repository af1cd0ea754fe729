import type { Imposed } from '../domain/api-key';
import { DEFAULT_LIMIT_NAME, type RateLimit, sortedLimits } from '../domain/rate-limit';

/** A rate limit as former releases stored it: the only one of its key. */
export type StoredRateLimit = Omit<RateLimit, 'name'>;

/**
 * Rate limits as MongoDB stores them. The limit `default` is in the field of former releases, so that they still enforce it, and
 * can change it without a contradiction; see decision record 0089.
 */
export interface StoredLimits {
  readonly rateLimit?: StoredRateLimit | undefined;
  readonly rateLimits?: readonly RateLimit[] | undefined;
}

/** A record in the form in which MongoDB stores its limits. */
export type WithStoredLimits<T> = Omit<T, 'rateLimits'> & StoredLimits;

/** The restrictions that others set, as MongoDB stores them. */
export type StoredImposed = WithStoredLimits<Imposed>;

/** Returns a stored record with all its limits in one list. */
export function withLimits<T extends StoredLimits>({
  rateLimit,
  rateLimits = [],
  ...fields
}: T): Omit<T, keyof StoredLimits> & { readonly rateLimits: readonly RateLimit[] } {
  const former = rateLimit === undefined ? [] : [{ ...rateLimit, name: DEFAULT_LIMIT_NAME }];
  return { ...fields, rateLimits: sortedLimits([...former, ...rateLimits]) };
}

/** Returns a record in the form in which it is stored. */
export function withStoredLimits<T extends { readonly rateLimits?: readonly RateLimit[] | undefined }>({
  rateLimits = [],
  ...fields
}: T): WithStoredLimits<T> {
  const former = rateLimits.find(({ name }) => name === DEFAULT_LIMIT_NAME);
  const others = rateLimits.filter((each) => each !== former);
  return {
    ...fields,
    rateLimit: former && unnamed(former),
    rateLimits: others.length > 0 ? others : undefined,
  };
}

/** Returns the stored restrictions of others, without the list if it is empty. */
export function imposedIn(stored: StoredImposed): Imposed {
  const { rateLimits, ...others } = withLimits(stored);
  return rateLimits.length > 0 ? { ...others, rateLimits } : others;
}

function unnamed({ name: _name, ...limit }: RateLimit): StoredRateLimit {
  return limit;
}
