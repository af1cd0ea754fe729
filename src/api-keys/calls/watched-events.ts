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
  private readonly waiting = new Set<(error: Error) => void>();
  private readonly unfollow: () => void;
  private error: Error | undefined;
  private isDone = false;

  constructor(source: AsyncIterable<unknown>, follow: Follow) {
    this.source = source[Symbol.asyncIterator]();
    this.unfollow = follow((error) => this.end(error));
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
    let give: (error: Error) => void = () => undefined;
    const ended = new Promise<never>((_resolve, reject) => (give = reject));
    this.waiting.add(give);
    try {
      const result = await Promise.race([this.source.next(), ended]);
      if (result.done === true) this.stop();
      return result;
    } catch (thrown) {
      this.stop();
      throw thrown;
    } finally {
      this.waiting.delete(give);
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.stop();
    await this.source.return?.();
    return { done: true, value: undefined };
  }

  private end(error: Error): void {
    if (this.isDone) return;
    const { waiting } = this;
    if (waiting.size === 0) this.error = error;
    this.stop();
    for (const give of [...waiting]) give(error);
    // Not awaited: a source that waits for its next event may never close.
    void Promise.resolve(this.source.return?.()).catch(() => undefined);
  }

  private stop(): void {
    this.isDone = true;
    this.unfollow();
  }
}
