import { setTimeout as pause } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import type { ChangeSource, FeedTarget } from './change-feed';
import { isHeartbeatId, type MongoHeartbeat, type WatchedDocument } from './mongo-heartbeat';
import { boundedMongoOperation } from '../mongo/mongo-operation';

/**
 * How far each poll reads back before the heartbeat of the previous poll, because a change can become visible later
 * than its `changedAt`.
 */
const OVERLAP_MS = 30_000;

const READ = {
  projection: { _id: 1, version: 1, changedAt: 1, beat: 1 },
  readPreference: 'primary',
  readConcern: { level: 'majority' },
} as const;

/**
 * Follows a collection by polling its recent changes. Freshness is proven up to the start of the latest poll that found
 * this instance's own heartbeat. If a clock rollback is longer than the overlap, a poll does not find its heartbeat.
 * Then polling starts again.
 */
export class MongoChangePoll implements ChangeSource {
  /** The server's time of the heartbeat that the latest poll found; `undefined` if it found none. */
  private mark: Date | undefined;
  private readonly seen = new Map<string, { readonly version: number | undefined; readonly at: number }>();

  /** @param boundMs the revocation bound in milliseconds; polls run every quarter of it */
  constructor(
    private readonly collection: mongo.Collection<WatchedDocument>,
    private readonly heartbeat: MongoHeartbeat,
    private readonly boundMs: number,
  ) {}

  async follow(target: FeedTarget, end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      const begunAt = performance.now();
      try {
        await this.poll(target);
        await this.heartbeat.sweep();
      } catch (error) {
        if (!end.aborted) target.troubled(error);
      }
      const left = this.boundMs / 4 - (performance.now() - begunAt);
      await pause(Math.max(0, left), undefined, { signal: end, ref: false }).catch(() => undefined);
    }
  }

  private async poll(target: FeedTarget): Promise<void> {
    // Read before the beat: if the driver retries the beat on a new primary, the proof must date from before the
    // change.
    const begunAt = performance.now();
    const beat = await this.heartbeat.beat();
    if (this.mark === undefined) {
      this.mark = (await this.readOwn())?.changedAt;
      this.seen.clear();
      target.everythingChanged();
      return;
    }
    const changed = await this.changedSince(new Date(this.mark.getTime() - OVERLAP_MS));
    for (const document of changed) this.announce(document, target);
    this.mark = changed.find((document) => document.beat === beat)?.changedAt;
    if (this.mark === undefined) return;
    this.forgetSeenBefore(this.mark.getTime() - OVERLAP_MS);
    target.proven(begunAt);
  }

  private async readOwn(): Promise<WatchedDocument | null> {
    return boundedMongoOperation(async (signal) =>
      this.collection.findOne({ _id: this.heartbeat.id }, { ...READ, signal }),
    );
  }

  private async changedSince(since: Date): Promise<readonly WatchedDocument[]> {
    return boundedMongoOperation(async (signal) =>
      this.collection
        .find({ changedAt: { $gte: since } }, { ...READ, signal })
        .sort({ changedAt: 1 })
        .toArray(),
    );
  }

  private announce({ _id, version, changedAt }: WatchedDocument, target: FeedTarget): void {
    if (isHeartbeatId(_id)) return;
    const known = this.seen.get(_id);
    const at = changedAt?.getTime() ?? 0;
    this.seen.set(_id, { version, at });
    if (known?.version !== version || known?.at !== at) target.changed(_id);
  }

  private forgetSeenBefore(time: number): void {
    for (const [id, { at }] of this.seen) if (at < time) this.seen.delete(id);
  }
}
