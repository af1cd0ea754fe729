import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { mongo } from 'mongoose';
import type { ChangeFeedMode } from './change-feed';
import { MongoChangeFeed } from './mongo-change-feed';
import type { WatchedDocument } from './mongo-heartbeat';

const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);

/** A standalone server: it keeps a heartbeat and answers polls, and refuses streams. */
function standalone(code: number): { collection: mongo.Collection<WatchedDocument>; watched: () => number } {
  let watched = 0;
  let own: WatchedDocument | undefined;
  const collection = {
    collectionName: 'records',
    watch: () => {
      watched += 1;
      return {
        tryNext: async () => {
          throw new mongo.MongoServerError({ message: 'only on replica sets', code });
        },
        close: async () => undefined,
      };
    },
    updateOne: async ({ _id }: { _id: string }, { $set }: { $set: { beat: string } }) => {
      own = { _id, beat: $set.beat, changedAt: new Date() };
    },
    findOne: async () => own ?? null,
    find: () => ({ sort: () => ({ toArray: async () => (own === undefined ? [] : [own]) }) }),
    deleteMany: async () => undefined,
    deleteOne: async () => {
      own = undefined;
    },
  };
  return {
    collection: collection as unknown as mongo.Collection<WatchedDocument>,
    watched: () => watched,
  };
}

const deaf = { changed: (): void => undefined, everythingChanged: (): void => undefined };

async function followed(mode: ChangeFeedMode | undefined, code: number): Promise<[MongoChangeFeed, number]> {
  const { collection, watched } = standalone(code);
  const feed = new MongoChangeFeed(collection, { revocationBoundMs: 100, changeFeed: mode });
  feed.subscribe(deaf);
  for (let look = 0; look < 60 && feed.kind === undefined; look += 1) await pause(5);
  return [feed, watched()];
}

beforeEach(() => {
  warned.mockClear();
});

describe('the feed of a server that has no change streams', () => {
  it.each([
    ['by default', undefined, 40_573],
    ['by default', 'auto', 13],
    ['by default', 'auto', 59],
  ] as const)('is polled %s (%s, code %d)', async (_how, mode, code) => {
    const [feed, watched] = await followed(mode, code);
    expect([feed.kind, watched]).toEqual(['polling', 1]);
    expect(feed.provenAt).toBeGreaterThan(0);
    await feed.stop();
  });

  it('is polled without a try where polling is chosen', async () => {
    const [feed, watched] = await followed('polling', 40_573);
    expect([feed.kind, watched]).toEqual(['polling', 0]);
    await feed.stop();
  });

  it('proves nothing, and says why, where streams are chosen', async () => {
    const [feed] = await followed('streams', 40_573);
    expect([feed.kind, feed.provenAt]).toEqual([undefined, -Infinity]);
    expect(warned.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringContaining('the server offers no change streams'),
    ]);
    await feed.stop();
  });
});
