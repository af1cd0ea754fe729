/** Starts to follow a key. Returns a function that stops following. */
type Follow = (end: (error: Error) => void) => () => void;

/** Returns whether a value is the source of the events of a subscription. */
export function isEventSource(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/**
 * The events of a subscription until its key ends. From then on it throws the error once, closes the source, and is done, so
 * that the client learns the reason and receives no further event.
 */
export class WatchedEvents implements AsyncIterableIterator<unknown> {
  private readonly source: AsyncIterator<unknown>;
  private unfollow: () => void = () => undefined;
  private readonly rejects = new Set<(error: Error) => void>();
  private error: Error | undefined;
  private isDone = false;

  constructor(source: AsyncIterable<unknown>, follow: Follow) {
    this.source = source[Symbol.asyncIterator]();
    // The key may have ended since the decision: then `follow` calls `end` before it returns.
    const unfollow = follow((error) => this.end(error));
    if (this.isDone) unfollow();
    else this.unfollow = unfollow;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<unknown>> {
    const { error } = this;
    if (error !== undefined) {
      this.error = undefined;
      throw error;
    }
    if (this.isDone) return { done: true, value: undefined };
    try {
      const result = await this.unlessEnded(this.source.next());
      if (result.done === true) this.stop();
      return result;
    } catch (thrown) {
      this.stop();
      throw thrown;
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.stop();
    await this.source.return?.();
    return { done: true, value: undefined };
  }

  /** Not `Promise.race` with one promise for all events: that promise would keep every event of the subscription in memory. */
  private async unlessEnded<T>(event: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.rejects.add(reject);
      Promise.resolve(event)
        .then(resolve, reject)
        .finally(() => this.rejects.delete(reject));
    });
  }

  private end(error: Error): void {
    if (this.isDone) return;
    if (this.rejects.size === 0) this.error = error;
    this.stop();
    for (const reject of this.rejects) reject(error);
    void this.close();
  }

  /** Not awaited, because a source that waits for its next event may never close. */
  private async close(): Promise<void> {
    try {
      await this.source.return?.();
    } catch {
      // The client gets the error that ended the subscription.
    }
  }

  private stop(): void {
    this.isDone = true;
    this.unfollow();
  }
}
