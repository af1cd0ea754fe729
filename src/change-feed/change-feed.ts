/** The default revocation bound, in milliseconds. */
export const DEFAULT_REVOCATION_BOUND_MS = 1000;

/** How an instance learns about changes. `auto` uses change streams if the server has them, and polling otherwise. */
export type ChangeFeedMode = 'auto' | 'streams' | 'polling';

/** How soon, and how, an instance learns about changes by other instances. */
export interface FreshnessSettings {
  /**
   * The maximum time for which an instance may use an outdated record, in milliseconds: 100 to 60000, default 1000.
   */
  readonly revocationBoundMs?: number | undefined;
  /** How an instance learns about changes by other instances; default `auto`. */
  readonly changeFeed?: ChangeFeedMode | undefined;
}

/** A listener that a {@link ChangeFeed} notifies of changes. */
export interface ChangeListener {
  /**
   * The record with this id was added or changed. Keyward never removes records. If another program does, restart Keyward.
   */
  changed(id: string): void;
  /**
   * Any record may have changed, or another server may answer reads from now on. The results of earlier reads, and of
   * reads in progress, may be outdated.
   */
  everythingChanged(): void;
}

/** How a feed learns about changes. */
export type ChangeFeedKind = 'local' | 'streams' | 'polling';

/**
 * Announces all changes to a store's records. It also proves up to which time its announcements are complete. See
 * decision record 0024.
 */
export interface ChangeFeed {
  /** How the feed learns about changes; `undefined` until it is known. */
  readonly kind: ChangeFeedKind | undefined;

  /**
   * A time by `performance.now()`. Every change that was acknowledged before this time has been announced to the
   * listeners. `-Infinity` while the feed proves nothing, `Infinity` if the store is in this process.
   */
  readonly provenAt: number;

  /**
   * Whether the feed announces `everythingChanged` as soon as another server answers reads. If so, one linearizable
   * read proves that majority reads shortly after it are fresh. The default is false. Then every read is linearizable
   * while the feed proves nothing.
   */
  readonly followsPrimary?: boolean;

  /**
   * Adds a listener. The first listener starts the feed.
   *
   * @returns a function that removes the listener
   */
  subscribe(listener: ChangeListener): () => void;

  /** Stops the feed. A stopped feed proves nothing. */
  stop(): Promise<void>;
}

/** The feed of a store in this process. Each write announces itself, so the feed is never late. */
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

/** The target to which a source of changes reports. */
export interface FeedTarget extends ChangeListener {
  /**
   * Reports that every change acknowledged before this time has been announced.
   *
   * @param at a time by `performance.now()`
   */
  proven(at: number): void;
  /** Reports an error that prevents the source from proving freshness. */
  troubled(error: unknown): void;
}

/** Follows the changes of one collection until it is aborted. */
export interface ChangeSource {
  /** @throws ChangeStreamsUnsupportedError if the server does not support change streams */
  follow(target: FeedTarget, end: AbortSignal): Promise<void>;
}

/** Options of a read. */
export interface ReadOptions {
  /**
   * Reads the newest state even if a previous primary still answers. This is slower, so callers request it only while
   * nothing proves which server is the primary. A store with one server may ignore this option.
   */
  readonly linearizable?: boolean | undefined;
  /** The timeout of the read in milliseconds, if it is shorter than the store's own. */
  readonly timeoutMs?: number | undefined;
}
