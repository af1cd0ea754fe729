import { randomUUID } from 'node:crypto';
import type { LeaseRecord, LeaseRepository } from '../api-keys/ports/event.repository';

/** How long a lease lasts after its last renewal, in milliseconds. */
export const LEASE_MS = 10_000;

/**
 * A lease that one instance at a time holds, as long as the instance renews it. Instances do not compare clocks.
 * Another instance takes the lease if the holder has not renewed it for its whole length, by the monotonic clock of
 * that other instance.
 */
export class Lease {
  /**
   * The time up to which the work is done. It is stored with the lease, so that the next holder continues from there.
   */
  progress: Date | undefined;
  private readonly instance = randomUUID();
  private heldUntil = Number.NEGATIVE_INFINITY;
  private seen: { readonly beat: number; readonly at: number } | undefined;

  constructor(
    private readonly repository: LeaseRepository,
    private readonly name: string,
    private readonly lengthMs = LEASE_MS,
  ) {}

  /** Whether this instance holds the lease, so that no other instance can take it yet. */
  get isHeld(): boolean {
    return performance.now() < this.heldUntil;
  }

  /**
   * Takes the lease if it is free, and renews it if this instance holds it.
   *
   * @returns whether this instance holds the lease
   * @throws StorageUnavailableError if the store cannot answer; the lease then expires
   */
  async renew(): Promise<boolean> {
    const sent = performance.now();
    const wasHeld = this.isHeld;
    const found = await this.repository.read(this.name);
    const progress = wasHeld ? (this.progress ?? found?.progress) : found?.progress;
    const next = { holder: this.instance, beat: (found?.beat ?? 0) + 1, progress };
    const isOurs = this.mayTake(found, sent) && (await this.repository.write(this.name, next));
    this.heldUntil = isOurs ? sent + this.lengthMs : Number.NEGATIVE_INFINITY;
    // The next renewal stores progress that was made in the meantime.
    if (!isOurs || !wasHeld) this.progress = progress;
    return isOurs;
  }

  /** Releases the lease, so that another instance can take it immediately. */
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
