import { SieveCache } from './sieve-cache';

const MAX_UNKNOWN = 10_000;

/**
 * Remembers, for a moment, tokens that no key has, so that asking again costs no read. A place of its own: however
 * many there are, they push out no key.
 */
export class UnknownTokens {
  private readonly readAt = new SieveCache<number>(MAX_UNKNOWN);
  private clearedAt = -Infinity;

  /** @param maxAgeMs how long a token is remembered */
  constructor(private readonly maxAgeMs: number) {}

  /**
   * @param digest of the token
   * @param at the present by `performance.now()`
   */
  has(digest: string, at: number): boolean {
    const readAt = this.readAt.get(digest);
    return readAt !== undefined && at - readAt < this.maxAgeMs;
  }

  /** @param begunAt when the read began that found no key, by `performance.now()` */
  add(digest: string, begunAt: number): void {
    // What was read before a key was changed says nothing of the time after it.
    if (begunAt > this.clearedAt) this.readAt.set(digest, begunAt);
  }

  /**
   * A key that was changed may have any of them now.
   *
   * @param at the present by `performance.now()`
   */
  clear(at: number): void {
    this.readAt.clear();
    this.clearedAt = at;
  }
}
