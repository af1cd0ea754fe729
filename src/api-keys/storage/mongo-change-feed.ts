import { Logger } from '@nestjs/common';
import type { Connection, mongo } from 'mongoose';
import {
  type ChangeFeed,
  type ChangeFeedKind,
  type ChangeListener,
  DEFAULT_REVOCATION_BOUND_MS,
  type FreshnessSettings,
} from './change-feed';
import type { ChangeSource, FeedTarget } from './feed-target';
import { MongoChangePoll } from './mongo-change-poll';
import { ChangeStreamsUnsupportedError, MongoChangeStream } from './mongo-change-stream';
import { MongoHeartbeat, type WatchedDocument } from './mongo-heartbeat';

/** What of a Mongoose model is needed here, whatever its documents are. */
interface WatchedModel {
  readonly db: Connection;
  readonly collection: { readonly collectionName: string };
}

/** The feed of one MongoDB collection. Clocks, lag and idle streams cost it speed, never truth. */
export class MongoChangeFeed implements ChangeFeed, FeedTarget {
  private readonly logger = new Logger('ChangeFeed');
  private readonly listeners = new Set<ChangeListener>();
  private readonly end = new AbortController();
  private readonly heartbeat: MongoHeartbeat;
  private source: 'streams' | 'polling' | undefined;
  private provenKind: ChangeFeedKind | undefined;
  private proof = -Infinity;
  private following: Promise<void> | undefined;
  private isTroubled = false;

  /** @param collection whose records have a `version` and the server's `changedAt` */
  constructor(
    private readonly collection: mongo.Collection<WatchedDocument>,
    private readonly settings: FreshnessSettings,
  ) {
    this.heartbeat = new MongoHeartbeat(collection);
  }

  /** The feed of the collection behind a Mongoose model. */
  static of(model: WatchedModel, settings: FreshnessSettings): MongoChangeFeed {
    const { db, collection } = model;
    return new MongoChangeFeed(
      db.getClient().db(db.name).collection<WatchedDocument>(collection.collectionName),
      settings,
    );
  }

  get kind(): ChangeFeedKind | undefined {
    return this.provenKind;
  }

  get provenAt(): number {
    return this.proof;
  }

  subscribe(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    if (!this.end.signal.aborted) this.following ??= this.follow();
    return () => this.listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.end.abort();
    this.proof = -Infinity;
    if (this.following === undefined) return;
    await this.following;
    await this.heartbeat.remove().catch(() => undefined);
  }

  /** Announces a change that this instance made, or may have made, itself. */
  changed(id: string): void {
    for (const listener of this.listeners) listener.changed(id);
  }

  everythingChanged(): void {
    for (const listener of this.listeners) listener.everythingChanged();
  }

  proven(at: number): void {
    if (this.end.signal.aborted) return;
    this.proof = Math.max(this.proof, at);
    this.provenKind = this.source;
    if (this.isTroubled) this.logger.log(`changes of ${this.collection.collectionName} are followed again`);
    this.isTroubled = false;
  }

  troubled(error: unknown): void {
    if (this.isTroubled) return;
    this.isTroubled = true;
    const reason = error instanceof Error ? error.message : 'unknown error';
    this.logger.warn(
      `changes of ${this.collection.collectionName} cannot be followed (${reason}): until they can, every request asks the store`,
    );
  }

  private async follow(): Promise<void> {
    const { revocationBoundMs: boundMs = DEFAULT_REVOCATION_BOUND_MS, changeFeed: mode = 'auto' } =
      this.settings;
    if (mode !== 'polling') {
      this.source = 'streams';
      try {
        await this.followBy(new MongoChangeStream(this.collection, this.heartbeat, boundMs));
        return;
      } catch (error) {
        if (!(error instanceof ChangeStreamsUnsupportedError)) throw error;
        if (mode === 'streams') return this.troubled(error);
        this.logger.log(`no change streams here: ${this.collection.collectionName} is polled`);
      }
    }
    this.source = 'polling';
    await this.followBy(new MongoChangePoll(this.collection, this.heartbeat, boundMs));
  }

  private async followBy(source: ChangeSource): Promise<void> {
    await source.follow(this, this.end.signal);
  }
}
