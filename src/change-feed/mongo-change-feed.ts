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

/** How soon streams are tried again on a server that offers none, if nothing else may be used. */
const UNSUPPORTED_RETRY_MS = 30_000;

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
  private primarySince = -Infinity;
  private following: Promise<void> | undefined;
  private isTroubled = false;

  /** @param collection whose records have a `version` and the server's `changedAt` */
  constructor(
    private readonly collection: mongo.Collection<WatchedDocument>,
    private readonly settings: FreshnessSettings,
    private readonly deployment: Deployment,
  ) {
    this.heartbeat = new MongoHeartbeat(collection);
  }

  /** The feed of the collection behind a Mongoose model. */
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

  /** A mongos tells nothing of its shards' primaries, and a standalone server has none. */
  get followsPrimary(): boolean {
    return this.deployment.known === 'replica set';
  }

  /**
   * Finds out what the store runs on.
   *
   * @throws ConfigurationError if polling is chosen where it proves nothing
   * @throws StorageUnavailableError
   */
  async prepare(): Promise<void> {
    if ((await this.deployment.kind()) === 'sharded cluster' && this.settings.changeFeed === 'polling') {
      throw new ConfigurationError(
        'polling (CHANGE_FEED=polling, changeFeed: "polling") misses changes on a sharded cluster, ' +
          'because one shard cannot vouch for the others: choose "auto" or "streams".',
      );
    }
  }

  /**
   * Whether a read that decides must be linearizable. See decision record 0053.
   *
   * @param isUnproven whether nothing proves at present that the primary still is the primary
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

  /** Announces a change that this instance made, or may have made, itself. */
  changed(id: string): void {
    for (const listener of this.listeners) listener.changed(id);
  }

  everythingChanged(): void {
    for (const listener of this.listeners) listener.everythingChanged();
  }

  proven(at: number): void {
    // What was sent to a former primary says nothing of what the present one knows already.
    if (this.end.signal.aborted || at <= this.primarySince) return;
    this.proof = Math.max(this.proof, at);
    this.provenKind = this.source;
    if (this.isTroubled) this.logger.log(`changes of ${this.collection.collectionName} are followed again`);
    this.isTroubled = false;
  }

  troubled(error: unknown): void {
    if (this.isTroubled) return;
    this.isTroubled = true;
    const reason = reasonOf(error);
    this.logger.warn(
      `changes of ${this.collection.collectionName} cannot be followed (${reason}): until they can, every request asks the store`,
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
          this.logger.log(`no change streams here: ${this.collection.collectionName} is polled`);
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

  /** What a new primary answers may at first be older than what was announced already. See decision record 0055. */
  private primaryChanged(): void {
    this.primarySince = performance.now();
    this.proof = -Infinity;
    this.everythingChanged();
  }
}
