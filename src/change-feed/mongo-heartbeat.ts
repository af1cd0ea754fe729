import { randomBytes } from 'node:crypto';
import type { mongo } from 'mongoose';
import { boundedMongoOperation } from '../mongo/mongo-operation';

const PREFIX = '#hb:';
const AFTER_PREFIX = '#hb;';
const SWEEP_EVERY_MS = 600_000;

/** How many beats that have not come back are remembered. */
const MAX_UNSEEN = 100;

/** What a change feed reads of a watched document: a record's version, or a heartbeat's beat. */
export interface WatchedDocument {
  readonly _id: string;
  readonly version?: number;
  readonly changedAt?: Date;
  readonly beat?: string;
}

/**
 * This instance's own document in a watched collection. It is changed again and again, and what comes back through
 * the feed proves how far the feed has come. See decision record 0024.
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
   * Changes the document, at a moment that {@link sent} remembers.
   *
   * @returns the text that marks this beat
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
        // Nothing depends on its survival: a stream shows what a majority has, and a beat that is lost proves nothing.
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

  /** When a beat that came back was sent, by `performance.now()`; `undefined` for another instance's. */
  sent(beat: string | undefined): number | undefined {
    if (beat === undefined) return undefined;
    const at = this.sentAt.get(beat);
    if (at === undefined) return undefined;
    for (const [older, sentAt] of this.sentAt) if (sentAt <= at) this.sentAt.delete(older);
    return at;
  }

  /** Removes, now and then, what instances that are gone left behind. A living one's comes back with its next beat. */
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

  /** Removes the document. */
  async remove(): Promise<void> {
    await boundedMongoOperation((signal) =>
      this.collection.deleteOne({ _id: this.id }, {
        writeConcern: { w: 1 },
        signal,
      } as mongo.DeleteOptions),
    );
  }
}

/** Whether an id is a heartbeat's, and no record's. */
export function isHeartbeatId(id: string): boolean {
  return id.startsWith(PREFIX);
}
