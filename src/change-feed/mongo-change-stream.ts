import { setTimeout as pause } from 'node:timers/promises';
import { mongo } from 'mongoose';
import type { ChangeSource, FeedTarget } from './change-feed';
import { isHeartbeatId, type MongoHeartbeat, type WatchedDocument } from './mongo-heartbeat';

/**
 * Error codes of servers without usable change streams. In order: only supported on replica sets (Location40573),
 * unauthorised, no such command, no such option, no such stage, command not supported, not implemented.
 */
const UNSUPPORTED: ReadonlySet<number | string | undefined> = new Set([40_573, 13, 59, 72, 40_324, 115, 238]);

/** The wait before a stream is opened again. It doubles with each consecutive rejection. */
const RETRY_MS = 250;
const MAX_RETRY_MS = 30_000;

/**
 * The number of consecutive rejections after which a server counts as one without change streams, if it never delivered
 * an event. They take about a minute.
 */
const MAX_REFUSALS = 8;

/** The minimum time between two reads of a stream without events. */
const PACE_MS = 10;

/**
 * How long a stream may deliver nothing, although heartbeats are sent, before it is opened again. The unit is the
 * revocation bound.
 */
const SILENT_BOUNDS = 5;

/** The server has no change streams, or does not allow Keyward to use them. */
export class ChangeStreamsUnsupportedError extends Error {
  constructor(cause: unknown) {
    super('the server offers no change streams', { cause });
    this.name = 'ChangeStreamsUnsupportedError';
  }
}

/** The parts of an event that the feed reads. A server may leave out any of them. */
export interface StreamEvent {
  readonly _id: unknown;
  readonly operationType: string;
  readonly documentKey?: { readonly _id?: unknown } | null | undefined;
  readonly fullDocument?: { readonly _id?: unknown; readonly beat?: unknown } | null | undefined;
  readonly updateDescription?: { readonly updatedFields?: { readonly beat?: unknown } } | null | undefined;
}

type Stream = mongo.ChangeStream<WatchedDocument, mongo.ChangeStreamDocument<WatchedDocument>>;

const CHANGES_OF_ONE_RECORD: ReadonlySet<string> = new Set(['insert', 'update', 'replace', 'delete']);

/**
 * Follows a collection by a MongoDB change stream. A heartbeat that comes back proves freshness up to the time at which
 * it was sent. After a stream is opened or resumed, all records count as changed.
 */
export class MongoChangeStream implements ChangeSource {
  private token: unknown;
  private hasDelivered = false;
  private refusals = 0;
  private isOpening = true;

  /**
   * @param boundMs the revocation bound in milliseconds; heartbeats are sent every quarter of it
   * @param retryMs the wait before a stream is opened again, in milliseconds
   */
  constructor(
    private readonly collection: mongo.Collection<WatchedDocument>,
    private readonly heartbeat: MongoHeartbeat,
    private readonly boundMs: number,
    private readonly retryMs = RETRY_MS,
  ) {}

  async follow(target: FeedTarget, end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      const stream = this.open();
      const close = (): void => void stream.close().catch(() => undefined);
      end.addEventListener('abort', close);
      try {
        await this.read(stream, target, end);
      } catch (error) {
        if (!end.aborted) this.judge(error, target);
      } finally {
        end.removeEventListener('abort', close);
        close();
      }
      const pauseMs = Math.min(this.retryMs * 2 ** Math.max(0, this.refusals - 1), MAX_RETRY_MS);
      await pause(pauseMs, undefined, { signal: end, ref: false }).catch(() => undefined);
    }
  }

  private open(): Stream {
    this.isOpening = true;
    return this.collection.watch(
      [
        { $match: { $nor: [{ 'documentKey._id': { $regex: '^#hb:', $ne: this.heartbeat.id } }] } },
        {
          $project: {
            operationType: 1,
            documentKey: 1,
            'fullDocument._id': 1,
            'fullDocument.beat': 1,
            'updateDescription.updatedFields.beat': 1,
          },
        },
      ],
      this.token === undefined ? {} : { resumeAfter: this.token },
    );
  }

  private async read(stream: Stream, target: FeedTarget, end: AbortSignal): Promise<void> {
    const closed = new AbortController();
    // Not `AbortSignal.any`: a signal that lives as long as the process would keep a listener for every stream.
    end.addEventListener('abort', () => closed.abort(), { signal: closed.signal });
    if (end.aborted) closed.abort();
    let beating: Promise<void> | undefined;
    try {
      // The first answer opens the stream. The stream would miss a beat that is sent before it.
      let event: StreamEvent | null = await this.within(end, stream.tryNext());
      beating = this.keepBeating(target, closed.signal);
      for (;;) {
        if (event !== null) this.take(event, target);
        event = await this.within(end, nextOf(stream));
      }
    } finally {
      closed.abort();
      await beating;
    }
  }

  /**
   * Rejects if a read takes too long. A connection can die unnoticed, and then the stream is silent although heartbeats
   * are sent. Closing the stream does not end a pending read on a dead connection, so the read is abandoned.
   */
  private async within<T>(end: AbortSignal, reading: Promise<T>): Promise<T> {
    const settled = new AbortController();
    const silence = new Promise<never>((_resolve, reject) => {
      const giveUp = (): void => reject(new Error('the change stream is silent'));
      const timer = setTimeout(giveUp, SILENT_BOUNDS * this.boundMs).unref();
      end.addEventListener('abort', giveUp, { signal: settled.signal });
      settled.signal.addEventListener('abort', () => clearTimeout(timer));
    });
    try {
      return await Promise.race([reading, silence]);
    } finally {
      settled.abort();
    }
  }

  private take(event: StreamEvent, target: FeedTarget): void {
    // A new stream does not show what happened before its first event. A resumed one may come from another server.
    if (this.isOpening) target.everythingChanged();
    this.isOpening = false;
    this.token = event._id;
    this.hasDelivered = true;
    this.refusals = 0;
    this.pass(event, target);
    if (event.operationType === 'invalidate') {
      this.token = undefined;
      throw new Error('the watched collection was dropped or renamed');
    }
  }

  private pass(event: StreamEvent, target: FeedTarget): void {
    const beat = event.updateDescription?.updatedFields?.beat ?? event.fullDocument?.beat;
    if (typeof beat === 'string') {
      const sentAt = this.heartbeat.sent(beat);
      if (sentAt !== undefined) target.proven(sentAt);
      return;
    }
    const id = event.fullDocument?._id ?? event.documentKey?._id;
    if (typeof id !== 'string' || !CHANGES_OF_ONE_RECORD.has(event.operationType)) {
      target.everythingChanged();
    } else if (!isHeartbeatId(id)) {
      target.changed(id);
    }
  }

  private judge(error: unknown, target: FeedTarget): void {
    const refused =
      error instanceof mongo.MongoServerError && !error.hasErrorLabel('ResumableChangeStreamError');
    this.refusals = refused ? this.refusals + 1 : 0;
    if (refused && !this.hasDelivered && (UNSUPPORTED.has(error.code) || this.refusals === MAX_REFUSALS)) {
      throw new ChangeStreamsUnsupportedError(error);
    }
    // A stream cannot be resumed if the server rejects it or the collection was dropped.
    if (refused || error instanceof mongo.MongoChangeStreamError) this.token = undefined;
    target.troubled(error);
  }

  private async keepBeating(target: FeedTarget, end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      const begunAt = performance.now();
      try {
        await this.heartbeat.beat();
        await this.heartbeat.sweep();
      } catch (error) {
        if (!end.aborted) target.troubled(error);
      }
      const left = this.boundMs / 4 - (performance.now() - begunAt);
      await pause(Math.max(0, left), undefined, { signal: end, ref: false }).catch(() => undefined);
    }
  }
}

/** Returns the next event. The server normally waits for one. If it does not, a pause prevents a busy loop. */
async function nextOf(stream: Stream): Promise<StreamEvent> {
  for (;;) {
    const askedAt = performance.now();
    const event = await stream.tryNext();
    if (event !== null) return event;
    await pause(Math.max(0, PACE_MS - (performance.now() - askedAt)), undefined, { ref: false });
  }
}
