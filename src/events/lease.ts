import { randomUUID } from 'node:crypto';
import type { LeaseRecord, LeaseRepository } from '../api-keys/ports/event.repository';

/** How long an instance counts as alive after its last sign of life, in milliseconds. */
export const LEASE_MS = 10_000;

/**
 * A right that one instance has at a time, for as long as it renews it. No clocks are compared: an instance takes over
 * when it has watched the holder be silent for the whole time by its own monotonic clock.
 */
export class Lease {
  /** How far the work has come; kept with the lease, and handed to the next holder. */
  progress: Date | undefined;
  private readonly instance = randomUUID();
  private heldUntil = Number.NEGATIVE_INFINITY;
  private seen: { readonly beat: number; readonly at: number } | undefined;

  constructor(
    private readonly repository: LeaseRepository,
    private readonly name: string,
    private readonly lengthMs = LEASE_MS,
  ) {}

  /** Whether nobody else can have it yet. */
  get isHeld(): boolean {
    return performance.now() < this.heldUntil;
  }

  /**
   * Takes the lease if it may be taken, and renews it where it is held.
   *
   * @throws StorageUnavailableError; the lease then runs out by itself
   */
  async renew(): Promise<boolean> {
    const sent = performance.now();
    const wasHeld = this.isHeld;
    const found = await this.repository.read(this.name);
    const progress = wasHeld ? (this.progress ?? found?.progress) : found?.progress;
    const next = { holder: this.instance, beat: (found?.beat ?? 0) + 1, progress };
    const isOurs = this.mayTake(found, sent) && (await this.repository.write(this.name, next));
    this.heldUntil = isOurs ? sent + this.lengthMs : Number.NEGATIVE_INFINITY;
    // What was done meanwhile is written with the next renewal.
    if (!isOurs || !wasHeld) this.progress = progress;
    return isOurs;
  }

  /** Gives the lease back at once, for the next to take. */
  async release(): Promise<void> {
    if (!this.isHeld) return;
    this.heldUntil = Number.NEGATIVE_INFINITY;
    const found = await this.repository.read(this.name);
    if (found?.holder !== this.instance) return;
    await this.repository.write(this.name, { holder: '', beat: found.beat + 1, progress: this.progress });
  }

  private mayTake(found: LeaseRecord | null, now: number): boolean {
    if (found === null || found.holder === '' || found.holder === this.instance) return true;
    if (this.seen?.beat !== found.beat) this.seen = { beat: found.beat, at: now };
    return now - this.seen.at >= this.lengthMs;
  }
}
