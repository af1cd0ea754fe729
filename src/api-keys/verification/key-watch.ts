import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { type Clock, CLOCK } from '../ports/clock';
import { decide, type Refused, type Requirement, type StoredState, type Unknown } from '../domain/decision';
import type { ParsedToken } from '../domain/token/key-token';
import { FreshKeys, USABLE_PART_OF_BOUND } from './fresh-keys';

/** The maximum number of reads of the store in a second, for all watched keys together. */
const MAX_READS_PER_SECOND = 100;

/** How often each key is judged, as a share of the bound. Less than a quarter, so that the third turn after a proof is in time. */
const INTERVAL = 0.24;

/** How much fresher than for a request a cached key must be, as a share of the bound, because its next turn is that late. */
const STRICTER = 0.3;

/** Why a watched token may no longer be used: a decision, or `UNAVAILABLE` if it cannot be proven good within the bound. */
export type EndOfWatch = Refused | Unknown | { readonly code: 'UNAVAILABLE' };

/** What a watcher requires of its key. */
interface Watcher {
  readonly requirement: Requirement;
  readonly end: (why: EndOfWatch) => void;
}

/** A token with at least one watcher, and the last state of its key that was good for all of them. */
interface WatchedToken extends ParsedToken {
  readonly watchers: Set<Watcher>;
  /** The time by `performance.now()` for which the last good decision is proven. */
  provenAt: number;
  stored?: StoredState | undefined;
  isReading: boolean;
}

/**
 * Judges the keys of open connections again, four times in each revocation bound, and reports those that are no longer good
 * or not proven good in time. Judges from the cache: a key without changes costs a look-up. Reads the store for the others,
 * at most 100 times a second. See decision record 0085.
 */
@Injectable()
export class KeyWatch implements BeforeApplicationShutdown {
  private readonly tokens = new Map<string, WatchedToken>();
  private readonly boundMs: number;
  private readonly intervalMs: number;
  private timer: NodeJS.Timeout | undefined;
  private reads = 0;

  constructor(
    private readonly fresh: FreshKeys,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.boundMs = fresh.maxAgeMs / USABLE_PART_OF_BOUND;
    this.intervalMs = this.boundMs * INTERVAL;
  }

  /**
   * Watches a token that was just accepted.
   *
   * @param end called at most once, when the token no longer meets the requirement
   * @returns a function that ends the watch without a call of `end`
   */
  watch({ keyId, digest }: ParsedToken, requirement: Requirement, end: Watcher['end']): () => void {
    const watcher = { requirement, end };
    const at = performance.now();
    // The decision that accepted the token may be that old.
    const provenAt = at - this.fresh.maxAgeMs;
    let token = this.tokens.get(digest);
    if (token === undefined) {
      token = { keyId, digest, watchers: new Set(), provenAt, isReading: false };
      this.tokens.set(digest, token);
    }
    token.watchers.add(watcher);
    // The remembered state was not judged by this requirement.
    token.stored = undefined;
    if (!this.judgeAtOnce(token, at)) void this.read(token, at);
    if (token.watchers.size > 0) this.timer ??= setInterval(() => this.judgeAll(), this.intervalMs).unref();
    return () => this.forget(token, watcher);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.tokens.clear();
  }

  private forget(token: WatchedToken, watcher: Watcher): void {
    if (!token.watchers.delete(watcher) || token.watchers.size > 0) return;
    this.tokens.delete(token.digest);
    if (this.tokens.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private judgeAll(): void {
    const at = performance.now();
    this.reads = (MAX_READS_PER_SECOND * this.intervalMs) / 1000;
    const tokens = Array.from(this.tokens.values());
    for (const token of tokens) this.judge(token, at);
  }

  private judge(token: WatchedToken, at: number): void {
    // The end of another watch may have ended these.
    if (token.watchers.size === 0) return;
    if (this.judgeAtOnce(token, at)) return;
    if (!token.isReading && this.reads >= 1) {
      this.reads -= 1;
      // To the end, so that every key gets its turn if there are more than the reads of one interval.
      this.tokens.delete(token.digest);
      this.tokens.set(token.digest, token);
      void this.read(token, at);
    }
    // Its next turn would be too late.
    if (at + this.intervalMs >= token.provenAt + this.boundMs) this.end(token, { code: 'UNAVAILABLE' });
  }

  /** Returns whether the cache proves the state of the key. */
  private judgeAtOnce(token: WatchedToken, at: number): boolean {
    const later = at + this.boundMs * STRICTER;
    const prepared = this.fresh.keys.peek(token.keyId, later);
    const stored = prepared && this.fresh.peekState(prepared, later);
    if (prepared === undefined || stored === undefined) return false;
    this.settle(token, stored, this.fresh.provenAt(prepared, at));
    return true;
  }

  private async read(token: WatchedToken, at: number): Promise<void> {
    token.isReading = true;
    try {
      const deadline = at + this.boundMs;
      const known = this.fresh.keys.peek(token.keyId, at + this.boundMs * STRICTER);
      const reading =
        known === undefined
          ? await this.fresh.keys.read(token.keyId, -Infinity, deadline)
          : { value: known, trueAt: Math.min(at, this.fresh.feeds.keys?.provenAt ?? -Infinity) };
      if (reading.value === null) {
        this.end(token, { code: 'NOT_FOUND' });
        return;
      }
      const { value, trueAt } = await this.fresh.readState(reading.value, -Infinity, deadline);
      this.settle(token, value, Math.min(reading.trueAt, trueAt));
    } catch {
      // Nothing is proven now, so the next turns try again until the bound ends the watch.
    } finally {
      token.isReading = false;
    }
  }

  private settle(token: WatchedToken, stored: StoredState, provenAt: number): void {
    token.provenAt = provenAt;
    if (isJudgedAlike(token.stored, stored)) return;
    token.stored = stored;
    const now = this.clock.now();
    const watchers = Array.from(token.watchers);
    for (const watcher of watchers) {
      const why = reasonToEnd(() => decide(token.digest, stored, watcher.requirement, now));
      if (why !== undefined) this.report(token, watcher, why);
    }
  }

  private end(token: WatchedToken, why: EndOfWatch): void {
    const watchers = Array.from(token.watchers);
    for (const watcher of watchers) this.report(token, watcher, why);
  }

  private report(token: WatchedToken, watcher: Watcher, why: EndOfWatch): void {
    // A report may end other watches.
    if (!token.watchers.has(watcher)) return;
    this.forget(token, watcher);
    try {
      watcher.end(why);
    } catch {
      // Code of the application may run here. The other watchers must end too, and the timer must not end the process.
    }
  }
}

/** Returns whether a decision about two states of a key is the same at any time. */
function isJudgedAlike(one: StoredState | undefined, other: StoredState): boolean {
  return (
    one?.prepared === other.prepared &&
    one.ownerActive === other.ownerActive &&
    one.suspended === other.suspended &&
    !other.prepared.isTimed
  );
}

/** Returns why a watch ends; `undefined` if it goes on. A requirement that cannot be judged ends it. */
function reasonToEnd(decided: () => ReturnType<typeof decide>): EndOfWatch | undefined {
  try {
    const decision = decided();
    return decision.code === 'VALID' ? undefined : decision;
  } catch {
    return { code: 'UNAVAILABLE' };
  }
}
