import type { ChangeFeed, ChangeListener } from '../../src/change-feed/change-feed';

/** A change feed whose announcements and proofs a test controls. */
export class ScriptedFeed implements ChangeFeed {
  readonly kind = 'streams';
  provenAt = -Infinity;
  followsPrimary = false;
  isStopped = false;
  private readonly listeners = new Set<ChangeListener>();

  /** The number of listeners. */
  get audience(): number {
    return this.listeners.size;
  }

  /** Sets `provenAt` to now: every change up to now counts as announced. */
  prove(): void {
    this.provenAt = performance.now();
  }

  say(id: string): void {
    for (const listener of this.listeners) listener.changed(id);
  }

  sayEverythingChanged(): void {
    for (const listener of this.listeners) listener.everythingChanged();
  }

  subscribe(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.provenAt = -Infinity;
  }
}
