import type { UsageTally } from '../domain/usage';

const HOUR_MS = 3_600_000;

interface Tally {
  count: number;
  lastUsedMs: number;
}

/** Counts uses by key and hour until they are taken for storage. Contains a limited number of counts. */
export class UsageBuffer {
  private hours = new Map<number, Map<string, Tally>>();
  private current = new Map<string, Tally>();
  private currentStart = Number.NaN;
  private currentEnd = Number.NaN;
  private held = 0;

  /** @param capacity the maximum number of counts, one per key and hour */
  constructor(private readonly capacity: number) {}

  /** The number of counts in the buffer. */
  get size(): number {
    return this.held;
  }

  /**
   * Counts one use. Allocates no memory if the key already has a count for this hour.
   *
   * @returns whether there was room
   */
  count(keyId: string, nowMs: number): boolean {
    if (!(nowMs >= this.currentStart && nowMs < this.currentEnd)) this.turnTo(nowMs - (nowMs % HOUR_MS));
    const tally = this.current.get(keyId);
    if (tally === undefined) return this.hold(this.current, keyId, 1, nowMs);
    tally.count += 1;
    if (nowMs > tally.lastUsedMs) tally.lastUsedMs = nowMs;
    return true;
  }

  /** Returns all counts and empties the buffer. */
  take(): readonly UsageTally[] {
    const taken = this.hours;
    this.hours = new Map();
    this.currentStart = Number.NaN;
    this.held = 0;
    return [...taken].flatMap(([start, tallies]) =>
      Array.from(tallies, ([keyId, { count, lastUsedMs }]) => ({
        keyId,
        hour: new Date(start),
        count,
        lastUsedAt: new Date(lastUsedMs),
      })),
    );
  }

  /**
   * Puts back counts that could not be stored, if there is room.
   *
   * @returns how many uses were dropped because there was no room
   */
  putBack(tallies: readonly UsageTally[]): number {
    let dropped = 0;
    for (const { keyId, hour, count, lastUsedAt } of tallies) {
      const held = this.ofHour(hour.getTime());
      const tally = held.get(keyId);
      if (tally !== undefined) {
        tally.count += count;
        tally.lastUsedMs = Math.max(tally.lastUsedMs, lastUsedAt.getTime());
      } else if (!this.hold(held, keyId, count, lastUsedAt.getTime())) {
        dropped += count;
      }
    }
    return dropped;
  }

  private hold(tallies: Map<string, Tally>, keyId: string, count: number, lastUsedMs: number): boolean {
    if (this.held >= this.capacity) return false;
    tallies.set(keyId, { count, lastUsedMs });
    this.held += 1;
    return true;
  }

  private turnTo(start: number): void {
    this.current = this.ofHour(start);
    this.currentStart = start;
    this.currentEnd = start + HOUR_MS;
  }

  private ofHour(start: number): Map<string, Tally> {
    const known = this.hours.get(start);
    if (known !== undefined) return known;
    const tallies = new Map<string, Tally>();
    this.hours.set(start, tallies);
    return tallies;
  }
}
