/** How long a state that was changed may still be served where nothing else is chosen, in milliseconds. */
export const DEFAULT_REVOCATION_BOUND_MS = 1000;

/** How changes made elsewhere are noticed: by change streams where the server has them (`auto`), or as chosen. */
export type ChangeFeedMode = 'auto' | 'streams' | 'polling';

/** How soon, and by what, changes made elsewhere are noticed. */
export interface FreshnessSettings {
  /** For how long, in milliseconds, a state that was changed may still be served anywhere: 100 to 60000, default 1000. */
  readonly revocationBoundMs?: number | undefined;
  /** How changes made by other instances are noticed; default by change streams where MongoDB has them. */
  readonly changeFeed?: ChangeFeedMode | undefined;
}

/** Hears of changes as a {@link ChangeFeed} comes to know them. */
export interface ChangeListener {
  /** The record with this id was added or changed. Keyward removes none; where somebody else does, restart it. */
  changed(id: string): void;
  /**
   * Any record may have changed, or another server may answer from now on: nothing that was read before this moment, or is
   * being read, is covered by announcements.
   */
  everythingChanged(): void;
}

/** How a feed comes to know of changes. */
export type ChangeFeedKind = 'local' | 'streams' | 'polling';

/**
 * Announces the changes that anyone makes to a store's records, and proves how far its announcements reach, see
 * decision record 0024.
 */
export interface ChangeFeed {
  /** How it comes to know; `undefined` while that is not settled. */
  readonly kind: ChangeFeedKind | undefined;

  /**
   * A moment by `performance.now()`: every change that was acknowledged before it has been announced, to whom
   * was listening. `-Infinity` while nothing is proven, `Infinity` where the store is in this process.
   */
  readonly provenAt: number;

  /**
   * Whether `everythingChanged` is announced as soon as another server answers reads. Then one linearizable read vouches
   * for the majority reads of the next moments. Default false: while nothing is proven, every read is linearizable.
   */
  readonly followsPrimary?: boolean;

  /**
   * Listens. The first listener starts the feed.
   *
   * @returns ends the listening
   */
  subscribe(listener: ChangeListener): () => void;

  /** Ends the feed; nothing is proven from here on. */
  stop(): Promise<void>;
}

/** The feed of a store in this process: whoever writes announces it, and nothing is ever late. */
export class LocalChangeFeed implements ChangeFeed {
  readonly kind = 'local';
  readonly provenAt = Infinity;
  private readonly listeners = new Set<ChangeListener>();

  announce(id: string): void {
    for (const listener of this.listeners) listener.changed(id);
  }

  subscribe(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async stop(): Promise<void> {}
}

/** What a source of changes reports to. */
export interface FeedTarget extends ChangeListener {
  /**
   * Everything acknowledged before this moment has been announced.
   *
   * @param at by `performance.now()`
   */
  proven(at: number): void;
  /** Something keeps the source from proving anything. */
  troubled(error: unknown): void;
}

/** Follows the changes of one collection until it is told to end. */
export interface ChangeSource {
  /** @throws ChangeStreamsUnsupportedError if this server has no such source */
  follow(target: FeedTarget, end: AbortSignal): Promise<void>;
}

/** How a record is read. */
export interface ReadOptions {
  /**
   * Reads the newest state even if a former primary still answers. This is slower, and requested only while nothing
   * proves which server is the primary. A store with one server may ignore it.
   */
  readonly linearizable?: boolean | undefined;
  /** How long the read may take, in milliseconds, where that is less than what the store allows itself. */
  readonly timeoutMs?: number | undefined;
}
