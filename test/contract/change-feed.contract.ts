import { setTimeout as pause } from 'node:timers/promises';
import type { ChangeFeed, ChangeFeedKind, ChangeListener } from '../../src/change-feed/change-feed';
import { PATIENCE_MS } from '../support/patience';

/** A feed, and a second connection that changes the records it follows. */
export interface OpenedFeed {
  readonly feed: ChangeFeed;
  /** Changes a record over another connection. Resolves when the server has acknowledged it. */
  change(id: string): Promise<void>;
  close(): Promise<void>;
}

/** Ways for a feed to lose the connection to its store, and to get it back. */
export interface FeedOutage {
  readonly outage: string;
  readonly begin: () => void;
  readonly end: () => void | Promise<void>;
  /** While it is lost, no changes can be made. */
  readonly isOfAll: boolean;
}

/** Records what a feed announces, and when. */
export class Announcements implements ChangeListener {
  /** When each id was last announced. */
  readonly at = new Map<string, number>();
  everythingAt = -Infinity;

  changed(id: string): void {
    this.at.set(id, performance.now());
  }

  everythingChanged(): void {
    this.everythingAt = performance.now();
  }

  /** Returns whether this record, or every record, was announced after a moment. */
  covers(id: string, since: number): boolean {
    return Math.max(this.at.get(id) ?? -Infinity, this.everythingAt) >= since;
  }
}

const LOOK_EVERY_MS = 2;

/** Waits for a condition, and throws if it does not occur in time. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`timed out waiting for: ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** Waits until the feed has proven that it announced everything acknowledged before a moment. */
export async function provenPast(feed: ChangeFeed, moment = performance.now()): Promise<void> {
  await until('proven', () => feed.provenAt > moment);
}

/**
 * Checks what every change feed guarantees, whatever its source.
 *
 * @param open returns a feed over an empty store, a new one each time
 */
export function describeChangeFeed(kind: ChangeFeedKind, open: () => Promise<OpenedFeed>): void {
  let opened: OpenedFeed;
  let feed: ChangeFeed;
  let heard: Announcements;

  beforeEach(async () => {
    opened = await open();
    ({ feed } = opened);
    heard = new Announcements();
  });

  afterEach(async () => {
    await feed.stop();
    await opened.close();
  });

  async function listening(): Promise<void> {
    feed.subscribe(heard);
    await provenPast(feed);
  }

  /**
   * Changes records one after the other. Returns the ids that the feed had not announced when it proved a later time.
   */
  async function unannounced(owner: string, count: number): Promise<readonly string[]> {
    const missing: string[] = [];
    const checks: Promise<void>[] = [];
    for (let index = 0; index < count; index += 1) {
      const id = `${owner} ${index % 20}`;
      const begunAt = performance.now();
      await opened.change(id);
      const acknowledgedAt = performance.now();
      checks.push(
        (async () => {
          await provenPast(feed, acknowledgedAt);
          if (!heard.covers(id, begunAt)) missing.push(id);
        })(),
      );
    }
    await Promise.all(checks);
    return missing;
  }

  it('announces inserts and changes by other writers, and reports its kind', async () => {
    await listening();
    expect(feed.kind).toBe(kind);
    for (const id of ['acme', 'globex', 'acme']) {
      const since = performance.now();
      await opened.change(id);
      await until(`${id} is announced`, () => heard.covers(id, since));
    }
  });

  it('advances the proven time while nothing changes', async () => {
    await listening();
    for (let round = 0; round < 3; round += 1) await provenPast(feed);
  });

  it('has announced every change that was acknowledged before the proven time', async () => {
    await listening();
    const missing = await Promise.all(
      ['acme', 'globex', 'initech', 'hooli'].map(async (owner) => unannounced(owner, 150)),
    );
    expect(missing.flat()).toEqual([]);
  });

  it('notifies every listener until it stops listening', async () => {
    await listening();
    const other = new Announcements();
    const end = feed.subscribe(other);
    const since = performance.now();
    await opened.change('acme');
    await until('both have heard', () => heard.covers('acme', since) && other.covers('acme', since));
    end();
    const later = performance.now();
    await opened.change('globex');
    await until('one has heard', () => heard.covers('globex', later));
    expect(other.covers('globex', later)).toBe(false);
  });

  it('announces and proves nothing after it is stopped, even if it is stopped twice', async () => {
    await listening();
    await feed.stop();
    await feed.stop();
    if (kind === 'local') return;
    const since = performance.now();
    await opened.change('acme');
    await pause(400);
    expect(heard.covers('acme', since)).toBe(false);
    expect(feed.provenAt).toBe(-Infinity);
  });
}
