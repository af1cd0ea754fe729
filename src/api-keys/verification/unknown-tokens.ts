import { SieveCache } from './sieve-cache';

const MAX_UNKNOWN = 10_000;

/**
 * Remembers unknown tokens for a short time, so that using them again causes no read. Separate from the cache of keys, so that
 * they never evict a key.
 */
export class UnknownTokens {
  private readonly readAt = new SieveCache<number>(MAX_UNKNOWN);
  private clearedAt = -Infinity;

  /** @param maxAgeMs how long a token is remembered, in milliseconds */
  constructor(private readonly maxAgeMs: number) {}

  /**
   * Returns whether a token is known to belong to no key.
   *
   * @param digest the hash of the token
   * @param at the current `performance.now()`
   */
  has(digest: string, at: number): boolean {
    const readAt = this.readAt.get(digest);
    return readAt !== undefined && at - readAt < this.maxAgeMs;
  }

  /** @param begunAt the `performance.now()` when the read that found no key began */
  add(digest: string, begunAt: number): void {
    // A read from before a change may miss a token that exists after it.
    if (begunAt > this.clearedAt) this.readAt.set(digest, begunAt);
  }

  /**
   * Forgets all tokens, because any of them may belong to a key that has changed.
   *
   * @param at the current `performance.now()`
   */
  clear(at: number): void {
    this.readAt.clear();
    this.clearedAt = at;
  }
}
