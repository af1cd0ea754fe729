import type { ChangeListener } from './change-feed';

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
