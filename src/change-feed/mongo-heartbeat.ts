import { randomBytes } from 'node:crypto';
import type { mongo } from 'mongoose';
import { boundedMongoOperation } from '../mongo/mongo-operation';

const PREFIX = '#hb:';
const AFTER_PREFIX = '#hb;';
const SWEEP_EVERY_MS = 600_000;

/** The maximum number of remembered beats that have not come back. */
const MAX_UNSEEN = 100;

/** The fields of a watched document that a change feed reads: the version of a record, or the beat of a heartbeat. */
export interface WatchedDocument {
  readonly _id: string;
  readonly version?: number;
  readonly changedAt?: Date;
  readonly beat?: string;
}

/**
 * This instance's own document in a watched collection. The instance changes it regularly. When a change comes back
 * through the feed, it proves up to which time the feed is complete. See decision record 0024.
 */
export class MongoHeartbeat {
  readonly id: string;
  private readonly instance = randomBytes(9).toString('base64url');
  private readonly sentAt = new Map<string, number>();
  private beats = 0;
  private sweptAt = -Infinity;

  constructor(private readonly collection: mongo.Collection<WatchedDocument>) {
    this.id = PREFIX + this.instance;
  }

  /**
   * Changes the document and remembers the time for {@link sent}.
   *
   * @returns the string that identifies this beat
   * @throws StorageUnavailableError
   */
  async beat(): Promise<string> {
    this.beats += 1;
    const beat = `${this.instance}:${this.beats}`;
    this.sentAt.set(beat, performance.now());
    if (this.sentAt.size > MAX_UNSEEN) this.forgetOldest();
    await boundedMongoOperation((signal) =>
      this.collection.updateOne(
        { _id: this.id },
        { $set: { beat }, $currentDate: { changedAt: true } },
        // One member may acknowledge it: a stream shows only majority-committed writes, and a lost beat proves nothing.
        { upsert: true, writeConcern: { w: 1 }, signal } as mongo.UpdateOptions,
      ),
    );
    return beat;
  }

  private forgetOldest(): void {
    for (const oldest of this.sentAt.keys()) {
      this.sentAt.delete(oldest);
      return;
    }
  }

  /**
   * Returns the time at which a beat was sent, by `performance.now()`; `undefined` for a beat of another instance.
   */
  sent(beat: string | undefined): number | undefined {
    if (beat === undefined) return undefined;
    const at = this.sentAt.get(beat);
    if (at === undefined) return undefined;
    for (const [older, sentAt] of this.sentAt) if (sentAt <= at) this.sentAt.delete(older);
    return at;
  }

  /**
   * Removes the documents of stopped instances every 10 minutes. If it removes the document of a running instance, the
   * next beat restores it.
   */
  async sweep(): Promise<void> {
    if (performance.now() - this.sweptAt < SWEEP_EVERY_MS) return;
    this.sweptAt = performance.now();
    const goneSince = new Date(Date.now() - SWEEP_EVERY_MS);
    await boundedMongoOperation((signal) =>
      this.collection.deleteMany(
        { _id: { $gte: PREFIX, $lt: AFTER_PREFIX }, changedAt: { $lt: goneSince } },
        { writeConcern: { w: 1 }, signal } as mongo.DeleteOptions,
      ),
    );
  }

  /** Removes the document of this instance. */
  async remove(): Promise<void> {
    await boundedMongoOperation((signal) =>
      this.collection.deleteOne({ _id: this.id }, {
        writeConcern: { w: 1 },
        signal,
      } as mongo.DeleteOptions),
    );
  }
}

/** Returns whether an id belongs to a heartbeat, not to a record. */
export function isHeartbeatId(id: string): boolean {
  return id.startsWith(PREFIX);
}
