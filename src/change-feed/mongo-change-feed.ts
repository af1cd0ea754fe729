import { reasonOf } from '../common/reason';
import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Connection, mongo } from 'mongoose';
import { ConfigurationError } from '../problems/configuration.error';
import {
  type ChangeFeed,
  type ChangeFeedKind,
  type ChangeListener,
  type ChangeSource,
  DEFAULT_REVOCATION_BOUND_MS,
  type FeedTarget,
  type FreshnessSettings,
} from './change-feed';
import { MongoChangePoll } from './mongo-change-poll';
import { ChangeStreamsUnsupportedError, MongoChangeStream } from './mongo-change-stream';
import { type Deployment, MongoDeployment } from './mongo-deployment';
import { MongoHeartbeat, type WatchedDocument } from './mongo-heartbeat';

/** The wait before a retry of change streams, if the server has none and polling is not allowed. */
const UNSUPPORTED_RETRY_MS = 30_000;

/** The part of a Mongoose model that the feed needs. It is the same for all types of documents. */
interface WatchedModel {
  readonly db: Connection;
  readonly collection: { readonly collectionName: string };
}

/** The feed of one MongoDB collection. Clock differences, lag and idle streams make it slower, but never wrong. */
export class MongoChangeFeed implements ChangeFeed, FeedTarget {
  private readonly logger = new Logger('ChangeFeed');
  private readonly listeners = new Set<ChangeListener>();
  private readonly end = new AbortController();
  private readonly heartbeat: MongoHeartbeat;
  private source: 'streams' | 'polling' | undefined;
  private provenKind: ChangeFeedKind | undefined;
  private proof = -Infinity;
  private primarySince = -Infinity;
  private following: Promise<void> | undefined;
  private isTroubled = false;

  /** @param collection a collection whose records have a `version`, and a `changedAt` that the server's clock sets */
  constructor(
    private readonly collection: mongo.Collection<WatchedDocument>,
    private readonly settings: FreshnessSettings,
    private readonly deployment: Deployment,
  ) {
    this.heartbeat = new MongoHeartbeat(collection);
  }

  /** Returns the feed of the collection of a Mongoose model. */
  static of(model: WatchedModel, settings: FreshnessSettings): MongoChangeFeed {
    const { db, collection } = model;
    const client = db.getClient();
    return new MongoChangeFeed(
      client.db(db.name).collection<WatchedDocument>(collection.collectionName),
      settings,
      new MongoDeployment(client, db.name),
    );
  }

  get kind(): ChangeFeedKind | undefined {
    return this.provenKind;
  }

  get provenAt(): number {
    return this.proof;
  }

  /** True only on replica sets: a mongos hides its shards' primaries, and a standalone server has none. */
  get followsPrimary(): boolean {
    return this.deployment.known === 'replica set';
  }

  /**
   * Checks that the deployment supports the chosen mode.
   *
   * @throws ConfigurationError if polling is chosen on a sharded cluster, where it would miss changes
   * @throws StorageUnavailableError
   */
  async prepare(): Promise<void> {
    if ((await this.deployment.kind()) === 'sharded cluster' && this.settings.changeFeed === 'polling') {
      throw new ConfigurationError(
        'polling (CHANGE_FEED=polling, changeFeed: "polling") misses changes on a sharded cluster, ' +
          'because one shard knows nothing about the others: choose "auto" or "streams".',
      );
    }
  }

  /**
   * Returns whether a read for a decision must be linearizable, see decision record 0053.
   *
   * @param isUnproven whether nothing currently proves that the primary is still the primary
   * @throws StorageUnavailableError
   */
  async needsLinearizable(isUnproven: boolean): Promise<boolean> {
    const kind = await this.deployment.kind();
    return kind === 'sharded cluster' || (kind === 'replica set' && isUnproven);
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

  /** Announces a change that this instance made or may have made. */
  changed(id: string): void {
    for (const listener of this.listeners) listener.changed(id);
  }

  everythingChanged(): void {
    for (const listener of this.listeners) listener.everythingChanged();
  }

  proven(at: number): void {
    // A beat that was sent to a previous primary does not prove what the current primary knows.
    if (this.end.signal.aborted || at <= this.primarySince) return;
    this.proof = Math.max(this.proof, at);
    this.provenKind = this.source;
    if (this.isTroubled) this.logger.log(`the change feed of ${this.collection.collectionName} works again`);
    this.isTroubled = false;
  }

  troubled(error: unknown): void {
    if (this.isTroubled) return;
    this.isTroubled = true;
    const reason = reasonOf(error);
    this.logger.warn(
      `the change feed of ${this.collection.collectionName} failed (${reason}): every request reads the store until it works again`,
    );
  }

  private async follow(): Promise<void> {
    const stopWatching = this.deployment.watchPrimary(() => this.primaryChanged());
    try {
      await this.followByMode();
    } finally {
      stopWatching();
    }
  }

  private async followByMode(): Promise<void> {
    const { revocationBoundMs: boundMs = DEFAULT_REVOCATION_BOUND_MS, changeFeed: mode = 'auto' } =
      this.settings;
    const { signal } = this.end;
    for (let mayPoll = mode === 'polling'; !mayPoll && !signal.aborted;) {
      this.source = 'streams';
      try {
        await this.followBy(new MongoChangeStream(this.collection, this.heartbeat, boundMs));
      } catch (error) {
        if (!(error instanceof ChangeStreamsUnsupportedError)) throw error;
        const kind = await this.deployment.kind().catch(() => undefined);
        mayPoll = mode === 'auto' && kind !== undefined && kind !== 'sharded cluster';
        if (mayPoll) {
          this.logger.log(
            `the server has no change streams: polling ${this.collection.collectionName} instead`,
          );
        } else {
          this.troubled(error);
          await pause(UNSUPPORTED_RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
        }
      }
    }
    if (signal.aborted) return;
    this.source = 'polling';
    await this.followBy(new MongoChangePoll(this.collection, this.heartbeat, boundMs));
  }

  private async followBy(source: ChangeSource): Promise<void> {
    await source.follow(this, this.end.signal);
  }

  /**
   * Discards the proof of freshness, because a new primary can return data older than the announced changes (decision
   * record 0055).
   */
  private primaryChanged(): void {
    this.primarySince = performance.now();
    this.proof = -Infinity;
    this.everythingChanged();
  }
}
