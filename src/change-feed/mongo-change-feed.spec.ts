import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { mongo } from 'mongoose';
import { ScriptedDeployment } from '../../test/support/scripted-deployment';
import { ConfigurationError } from '../problems/configuration.error';
import type { ChangeFeedMode, ChangeListener } from './change-feed';
import { MongoChangeFeed } from './mongo-change-feed';
import type { DeploymentKind } from './mongo-deployment';
import type { WatchedDocument } from './mongo-heartbeat';

const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);

/** A standalone server, which stores a heartbeat, answers polls, and rejects streams. */
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

const deaf: ChangeListener = { changed: (): void => undefined, everythingChanged: (): void => undefined };

async function followed(
  mode: ChangeFeedMode | undefined,
  code: number,
  deployment = new ScriptedDeployment(),
  listener = deaf,
): Promise<[MongoChangeFeed, number]> {
  const { collection, watched } = standalone(code);
  const feed = new MongoChangeFeed(collection, { revocationBoundMs: 100, changeFeed: mode }, deployment);
  feed.subscribe(listener);
  for (let look = 0; look < 60 && feed.kind === undefined; look += 1) await pause(5);
  return [feed, watched()];
}

beforeEach(() => {
  warned.mockClear();
});

describe('the feed of a server without change streams', () => {
  it.each([
    ['by default', undefined, 40_573],
    ['by default', 'auto', 13],
    ['by default', 'auto', 59],
    ['by default', 'auto', 115],
    ['by default', 'auto', 238],
  ] as const)('polls %s (mode %s, error code %d)', async (_how, mode, code) => {
    const [feed, watched] = await followed(mode, code);
    expect([feed.kind, watched]).toEqual(['polling', 1]);
    expect(feed.provenAt).toBeGreaterThan(0);
    await feed.stop();
  });

  it('polls without trying change streams if the mode is polling', async () => {
    const [feed, watched] = await followed('polling', 40_573);
    expect([feed.kind, watched]).toEqual(['polling', 0]);
    await feed.stop();
  });

  it('does not prove freshness, and logs the reason, if the mode is streams', async () => {
    const [feed] = await followed('streams', 40_573);
    expect([feed.kind, feed.provenAt]).toEqual([undefined, -Infinity]);
    expect(warned.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringContaining('the server offers no change streams'),
    ]);
    await feed.stop();
  });
});

function feedOf(changeFeed: ChangeFeedMode | undefined, kind: DeploymentKind): MongoChangeFeed {
  return new MongoChangeFeed(standalone(0).collection, { changeFeed }, new ScriptedDeployment(kind));
}

describe('the change feed', () => {
  it('rejects the mode polling on a sharded cluster, and names the allowed modes', async () => {
    const refused = feedOf('polling', 'sharded cluster').prepare();
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toThrow(
      /^polling \(CHANGE_FEED=polling, .*\) misses changes on a sharded cluster, .*: choose "auto" or "streams"\.$/,
    );
  });

  it.each<[ChangeFeedMode | undefined, DeploymentKind]>([
    ['polling', 'standalone'],
    ['polling', 'replica set'],
    ['auto', 'sharded cluster'],
    ['streams', 'sharded cluster'],
    [undefined, 'sharded cluster'],
  ])('accepts the mode %s on a %s', async (mode, kind) => {
    await expect(feedOf(mode, kind).prepare()).resolves.toBeUndefined();
  });

  it('neither polls nor proves freshness on a sharded cluster without change streams [T36]', async () => {
    const [feed, watched] = await followed('auto', 13, new ScriptedDeployment('sharded cluster'));
    expect([feed.kind, feed.provenAt, watched]).toEqual([undefined, -Infinity, 1]);
    expect(warned.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringContaining('the server offers no change streams'),
    ]);
    await feed.stop();
  });
});

describe('a read for a decision', () => {
  it.each<[DeploymentKind, ChangeFeedMode, boolean, boolean]>([
    ['standalone', 'streams', true, false],
    ['standalone', 'polling', true, false],
    ['replica set', 'polling', true, true],
    ['replica set', 'streams', true, true],
    ['replica set', 'polling', false, false],
    ['sharded cluster', 'streams', true, true],
    ['sharded cluster', 'streams', false, true],
  ])('on a %s with %s (primary unproven: %s) is linearizable: %s', async (kind, mode, unproven, is) => {
    const { collection } = standalone(40_573);
    const feed = new MongoChangeFeed(collection, { changeFeed: mode }, new ScriptedDeployment(kind));
    await expect(feed.needsLinearizable(unproven)).resolves.toBe(is);
  });

  it.each<[DeploymentKind, boolean]>([
    ['standalone', false],
    ['replica set', true],
    ['sharded cluster', false],
  ])('on a %s can rely on a recent proof of the primary: %s', (kind, may) => {
    const feed = new MongoChangeFeed(standalone(0).collection, {}, new ScriptedDeployment(kind));
    expect(feed.followsPrimary).toBe(may);
  });
});

describe('a new primary', () => {
  it('resets the feed: all records count as changed, and only a new heartbeat proves freshness [T38]', async () => {
    const deployment = new ScriptedDeployment('replica set');
    let everything = 0;
    const listener = { ...deaf, everythingChanged: (): void => void (everything += 1) };
    const [feed] = await followed('polling', 0, deployment, listener);
    const before = everything;
    const electedAt = performance.now();
    deployment.elect();
    expect([everything, feed.provenAt]).toEqual([before + 1, -Infinity]);
    feed.proven(electedAt);
    expect(feed.provenAt).toBe(-Infinity);
    for (let look = 0; look < 1000 && feed.provenAt === -Infinity; look += 1) await pause(5);
    expect(feed.provenAt).toBeGreaterThan(electedAt);
    await feed.stop();
    expect(deployment.audience).toBe(0);
  });
});
