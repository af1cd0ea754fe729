import { SieveCache } from './sieve-cache';

const MAX_UNKNOWN = 10_000;

/**
 * Remembers, for a moment, tokens that no key has, so that asking again costs no read. A place of its own: however
 * many there are, they push out no key.
 */
export class UnknownTokens {
  private readonly readAt = new SieveCache<number>(MAX_UNKNOWN);

  /** @param maxAgeMs how long a token is remembered */
  constructor(private readonly maxAgeMs: number) {}

  /**
   * @param hash of the token
   * @param at the present by `performance.now()`
   */
  has(hash: string, at: number): boolean {
    const readAt = this.readAt.get(hash);
    return readAt !== undefined && at - readAt < this.maxAgeMs;
  }

  /** @param begunAt when the read began that found no key, by `performance.now()` */
  add(hash: string, begunAt: number): void {
    this.readAt.set(hash, begunAt);
  }

  /** A key that was changed may have any of them now. */
  clear(): void {
    this.readAt.clear();
  }
}
