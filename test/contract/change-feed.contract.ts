import { setTimeout as pause } from 'node:timers/promises';
import type { ChangeFeed, ChangeFeedKind, ChangeListener } from '../../src/change-feed/change-feed';
import { PATIENCE_MS } from '../support/patience';

/** A feed, and somebody else who changes what it is about. */
export interface OpenedFeed {
  readonly feed: ChangeFeed;
  /** Changes a record over another connection; resolves once that is acknowledged. */
  change(id: string): Promise<void>;
  close(): Promise<void>;
}

/** How a feed may lose sight of its store, and see it again. */
export interface FeedOutage {
  readonly outage: string;
  readonly begin: () => void;
  readonly end: () => void | Promise<void>;
  /** Changes cannot be made meanwhile. */
  readonly isOfAll: boolean;
}

/** Writes down what a feed announces, and when. */
export class Announcements implements ChangeListener {
  /** When each id was announced last. */
  readonly at = new Map<string, number>();
  everythingAt = -Infinity;

  changed(id: string): void {
    this.at.set(id, performance.now());
  }

  everythingChanged(): void {
    this.everythingAt = performance.now();
  }

  /** Whether a record, or any, was announced after a moment. */
  covers(id: string, since: number): boolean {
    return Math.max(this.at.get(id) ?? -Infinity, this.everythingAt) >= since;
  }
}

const LOOK_EVERY_MS = 2;

/** Waits until something is so, and fails where it never is. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** Waits until everything acknowledged by now is said to have been announced. */
export async function provenPast(feed: ChangeFeed, moment = performance.now()): Promise<void> {
  await until('proven', () => feed.provenAt > moment);
}

/**
 * What every change feed promises, however it comes to know.
 *
 * @param open gives a feed over an empty store, a new one each time
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

  /** Changes records one after the other, and looks at each in the moment in which the feed claims to know of it. */
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

  it('announces what somebody else made and changed, and says how it came to know', async () => {
    await listening();
    expect(feed.kind).toBe(kind);
    for (const id of ['acme', 'globex', 'acme']) {
      const since = performance.now();
      await opened.change(id);
      await until(`${id} is announced`, () => heard.covers(id, since));
    }
  });

  it('proves ever more while nothing happens', async () => {
    await listening();
    for (let round = 0; round < 3; round += 1) await provenPast(feed);
  });

  it('has announced every change that was acknowledged before the moment it has proven', async () => {
    await listening();
    const missing = await Promise.all(
      ['acme', 'globex', 'initech', 'hooli'].map(async (owner) => unannounced(owner, 150)),
    );
    expect(missing.flat()).toEqual([]);
  });

  it('tells everyone who listens, until they have heard enough', async () => {
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

  it('says and proves nothing more after its end, however often it is ended', async () => {
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
