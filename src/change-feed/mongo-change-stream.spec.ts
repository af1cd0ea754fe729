import { setTimeout as pause } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { settled } from '../../test/support/held-reads';
import type { FeedTarget } from './change-feed';
import { ChangeStreamsUnsupportedError, MongoChangeStream, type StreamEvent } from './mongo-change-stream';
import { MongoHeartbeat, type WatchedDocument } from './mongo-heartbeat';

const BOUND_MS = 200;
const RETRY_MS = 5;

/** A stream that a test fills or breaks. */
class FakeStream {
  isClosed = false;
  private isOpen = false;
  private readonly events: (StreamEvent | Error)[] = [];
  private wake: () => void = () => undefined;

  /** @param canClose whether closing the stream ends a pending read */
  constructor(private readonly canClose = true) {}

  bring(...events: readonly (StreamEvent | Error)[]): void {
    this.events.push(...events);
    this.wake();
  }

  /** Returns the next event. The first answer opens the stream and may be empty; later ones wait for an event. */
  async tryNext(): Promise<StreamEvent | null> {
    const opens = !this.isOpen;
    this.isOpen = true;
    return opens && this.events.length === 0 ? null : this.next();
  }

  private async next(): Promise<StreamEvent> {
    for (;;) {
      const event = this.events.shift();
      if (event instanceof Error) throw event;
      if (event !== undefined) return event;
      if (this.isClosed && this.canClose) throw new mongo.MongoAPIError('ChangeStream is closed');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.wake();
  }
}

type Watched = mongo.Collection<WatchedDocument>;

let streams: FakeStream[];
let tokens: unknown[];
let pipelines: unknown[];
let beats: string[];
let heartbeat: MongoHeartbeat;
let said: string[];
let proofs: number[];
let end: AbortController;
let following: Promise<void>;
let target: FeedTarget;

beforeEach(() => {
  [streams, tokens, pipelines, beats, said, proofs] = [[], [], [], [], [], []];
  end = new AbortController();
  target = {
    changed: (id) => void said.push(id),
    everythingChanged: () => void said.push('everything'),
    proven: (at) => void proofs.push(at),
    troubled: () => void said.push('trouble'),
  };
});

afterEach(async () => {
  end.abort();
  await following.catch(() => undefined);
});

/** Follows a collection that opens the prepared streams in order, and then new ones. */
async function follow(...prepared: FakeStream[]): Promise<void> {
  const collection = {
    watch: (pipeline: unknown, { resumeAfter }: { resumeAfter?: unknown }) => {
      const stream = prepared[streams.length] ?? new FakeStream();
      streams.push(stream);
      tokens.push(resumeAfter);
      pipelines.push(pipeline);
      return stream;
    },
    updateOne: async (_filter: unknown, update: { $set: { beat: string } }) => {
      beats.push(update.$set.beat);
      return { matchedCount: 1 };
    },
    deleteMany: async () => ({ deletedCount: 0 }),
  } as unknown as Watched;
  heartbeat = new MongoHeartbeat(collection);
  following = new MongoChangeStream(collection, heartbeat, BOUND_MS, RETRY_MS).follow(target, end.signal);
  following.catch(() => undefined);
  await settled();
}

/** Waits for the stream with this index, and returns it. */
async function streamAt(index: number): Promise<FakeStream> {
  for (;;) {
    const stream = streams[index];
    if (stream !== undefined) return stream;
    await pause(5);
  }
}

let events = 0;

/** Returns an event as a real server sends it. */
const event = (rest: Omit<StreamEvent, '_id'>): StreamEvent => ({ _id: `token ${(events += 1)}`, ...rest });
const update = (id: string): StreamEvent =>
  event({ operationType: 'update', documentKey: { _id: id }, updateDescription: { updatedFields: {} } });
const insert = (id: string): StreamEvent =>
  event({ operationType: 'insert', documentKey: { _id: id }, fullDocument: { _id: id } });
const beatOf = (beat = beats.at(-1)): StreamEvent =>
  event({
    operationType: 'update',
    documentKey: { _id: heartbeat.id },
    updateDescription: { updatedFields: { beat } },
  });
const serverError = (code: number, labels: string[] = []): mongo.MongoServerError =>
  new mongo.MongoServerError({ message: 'refused', code, errorLabels: labels });

describe('a change stream', () => {
  it('announces inserted, updated, replaced and deleted records', async () => {
    await follow();
    const stream = await streamAt(0);
    stream.bring(
      insert('acme'),
      update('globex'),
      event({ operationType: 'replace', documentKey: { _id: 'hooli' }, fullDocument: { _id: 'hooli' } }),
      event({ operationType: 'delete', documentKey: { _id: 'initech' } }),
    );
    await settled();
    expect(said).toEqual(['everything', 'acme', 'globex', 'hooli', 'initech']);
    expect(proofs).toEqual([]);
  });

  it('proves freshness up to the time at which its own latest heartbeat was sent', async () => {
    const before = performance.now();
    await follow();
    const stream = await streamAt(0);
    stream.bring(
      event({
        operationType: 'insert',
        documentKey: { _id: heartbeat.id },
        fullDocument: { _id: heartbeat.id, beat: beats[0] },
      }),
    );
    await settled();
    const between = performance.now();
    expect(proofs).toHaveLength(1);
    expect(proofs[0]).toBeGreaterThanOrEqual(before);
    expect(proofs[0]).toBeLessThanOrEqual(between);
    while (beats.length < 2) await pause(5);
    stream.bring(beatOf());
    await settled();
    expect(proofs).toHaveLength(2);
    expect(proofs[1]).toBeGreaterThan(proofs[0] ?? Infinity);
    expect(said).toEqual(['everything']);
  });

  it('does not accept a heartbeat as proof if it is another instance’s, repeated or deleted', async () => {
    await follow();
    const stream = await streamAt(0);
    const own = beatOf();
    stream.bring(own, { ...own, _id: 'again' });
    stream.bring(
      event({
        operationType: 'update',
        documentKey: { _id: '#hb:another' },
        updateDescription: { updatedFields: { beat: 'another:1' } },
      }),
      event({ operationType: 'delete', documentKey: { _id: '#hb:another' } }),
      event({ operationType: 'delete', documentKey: { _id: heartbeat.id } }),
    );
    await settled();
    expect(proofs).toHaveLength(1);
    expect(said).toEqual(['everything']);
  });

  it('makes the server filter out heartbeats of other instances', async () => {
    await follow();
    expect(JSON.stringify(pipelines[0])).toContain(
      `{"$nor":[{"documentKey._id":{"$regex":"^#hb:","$ne":"${heartbeat.id}"}}]}`,
    );
  });

  it.each<[string, Omit<StreamEvent, '_id'>]>([
    ['names no record', { operationType: 'update' }],
    ['has an id that is not a string', { operationType: 'update', documentKey: { _id: 7 } }],
    ['concerns the whole collection', { operationType: 'rename', documentKey: { _id: 'acme' } }],
    ['has only null fields', { operationType: 'update', documentKey: null, fullDocument: null }],
  ])('announces that everything changed if an event %s', async (_what, odd) => {
    await follow();
    const stream = await streamAt(0);
    stream.bring(insert('acme'), event(odd));
    await settled();
    expect(said).toEqual(['everything', 'acme', 'everything']);
  });
});

describe('a failing change stream', () => {
  it.each<[string, Error]>([
    ['a network error', new mongo.MongoNetworkError('reset')],
    ['a resumable server error', serverError(10_107, ['ResumableChangeStreamError'])],
    ['a close by the driver', new mongo.MongoAPIError('ChangeStream is closed')],
  ])('is resumed after %s, and all records count as changed', async (_what, error) => {
    await follow();
    const acme = insert('acme');
    (await streamAt(0)).bring(acme, error);
    (await streamAt(1)).bring(update('globex'));
    await settled();
    expect(tokens).toEqual([undefined, acme._id]);
    expect(said).toEqual(['everything', 'acme', 'trouble', 'everything', 'globex']);
    expect(streams[0]?.isClosed).toBe(true);
  });

  it('is opened again without a resume token if the server rejects the resume token', async () => {
    await follow();
    (await streamAt(0)).bring(insert('acme'), new mongo.MongoNetworkError('reset'));
    (await streamAt(1)).bring(serverError(286));
    (await streamAt(2)).bring(update('globex'));
    await settled();
    expect(tokens).toEqual([undefined, expect.anything(), undefined]);
    expect(said).toEqual(['everything', 'acme', 'trouble', 'trouble', 'everything', 'globex']);
  });

  it('is opened again without a resume token if its collection was dropped', async () => {
    await follow();
    (await streamAt(0)).bring(insert('acme'), event({ operationType: 'invalidate' }));
    (await streamAt(1)).bring(update('globex'));
    await settled();
    expect(tokens).toEqual([undefined, undefined]);
    expect(said).toEqual(['everything', 'acme', 'everything', 'trouble', 'everything', 'globex']);
  });

  it.each([
    ['ends with the stream', true],
    ['does not end with the stream', false],
  ])('is opened again if no heartbeat comes back (its pending read %s)', async (_what, canClose) => {
    await follow(new FakeStream(canClose));
    const acme = insert('acme');
    (await streamAt(0)).bring(acme);
    await streamAt(1);
    expect(tokens).toEqual([undefined, acme._id]);
    expect(beats.length).toBeGreaterThan(5);
    expect(streams[0]?.isClosed).toBe(true);
  });

  it('stops when it is aborted, even if its pending read does not end', async () => {
    await follow(new FakeStream(false));
    end.abort();
    await expect(following).resolves.toBeUndefined();
    expect(streams[0]?.isClosed).toBe(true);
  });
});

describe('a server without change streams', () => {
  it.each([40_573, 13, 59, 72, 40_324, 115, 238])('is recognised by error code %d', async (code) => {
    const stream = new FakeStream();
    stream.bring(serverError(code));
    await follow(stream);
    await expect(following).rejects.toThrow(ChangeStreamsUnsupportedError);
  });

  it('is not assumed if a stream has already delivered an event', async () => {
    await follow();
    (await streamAt(0)).bring(insert('acme'), serverError(13));
    await streamAt(1);
    expect(said).toEqual(['everything', 'acme', 'trouble']);
  });

  it('is assumed after eight consecutive rejections with any code, with doubling pauses', async () => {
    const refusing = Array.from({ length: 9 }, () => {
      const stream = new FakeStream();
      stream.bring(serverError(1));
      return stream;
    });
    const since = performance.now();
    await follow(...refusing);
    await expect(following).rejects.toThrow(ChangeStreamsUnsupportedError);
    expect(streams).toHaveLength(8);
    // 1 + 2 + 4 + … + 64 pauses; timers may round down.
    expect(performance.now() - since).toBeGreaterThan(120 * RETRY_MS);
  });

  it('is not assumed after ten rejections if a network error interrupts the series', async () => {
    const answers = [1, 1, 1, 1, 1, undefined, 1, 1, 1, 1, 1];
    const prepared = answers.map((code) => {
      const stream = new FakeStream();
      stream.bring(code === undefined ? new mongo.MongoNetworkError('reset') : serverError(code));
      return stream;
    });
    await follow(...prepared);
    (await streamAt(answers.length)).bring(insert('acme'));
    await settled();
    expect(said.slice(-2)).toEqual(['everything', 'acme']);
  });

  it.each([1, 11_600])('is not assumed after one rejection with another code (%d)', async (code) => {
    const stream = new FakeStream();
    stream.bring(serverError(code));
    await follow(stream);
    await streamAt(1);
    expect(said).toEqual(['trouble']);
  });
});
