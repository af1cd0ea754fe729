import { setTimeout as pause } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import type { FeedTarget } from './change-feed';
import { MongoChangePoll } from './mongo-change-poll';
import { MongoHeartbeat, type WatchedDocument } from './mongo-heartbeat';

const BOUND_MS = 80;

let records: WatchedDocument[];
let own: WatchedDocument | undefined;
let serverTime: number;
let failure: Error | undefined;
let polledAt: number[];
let since: Date[];
let said: string[];
let proofs: number[];
let end: AbortController;
let following: Promise<void>;

beforeEach(() => {
  [records, polledAt, since, said, proofs] = [[], [], [], [], []];
  [own, failure] = [undefined, undefined];
  serverTime = Date.parse('2030-01-01T12:00:00Z');
  end = new AbortController();
});

afterEach(async () => {
  end.abort();
  await following;
});

/** Follows a collection on a server whose clock the test sets. */
function follow(): void {
  const collection = {
    updateOne: async ({ _id }: { _id: string }, { $set }: { $set: { beat: string } }) => {
      if (failure !== undefined) throw failure;
      own = { _id, beat: $set.beat, changedAt: new Date(serverTime) };
    },
    findOne: async () => own ?? null,
    find: ({ changedAt: { $gte } }: { changedAt: { $gte: Date } }) => {
      polledAt.push(performance.now());
      since.push($gte);
      const all = own === undefined ? records : [...records, own];
      const found = all.filter(({ changedAt }) => (changedAt?.getTime() ?? 0) >= $gte.getTime());
      return { sort: () => ({ toArray: async () => pause(5).then(() => found) }) };
    },
    deleteMany: async () => undefined,
  } as unknown as mongo.Collection<WatchedDocument>;
  const target: FeedTarget = {
    changed: (id) => void said.push(id),
    everythingChanged: () => void said.push('everything'),
    proven: (at) => void proofs.push(at),
    troubled: () => void said.push('trouble'),
  };
  following = new MongoChangePoll(collection, new MongoHeartbeat(collection), BOUND_MS).follow(
    target,
    end.signal,
  );
}

async function nextProof(): Promise<number> {
  const before = proofs.length;
  while (proofs.length === before) await pause(2);
  return proofs.at(-1) ?? Number.NaN;
}

const record = (_id: string, version: number, secondsAgo = 0): WatchedDocument => ({
  _id,
  version,
  changedAt: new Date(serverTime - secondsAgo * 1000),
});

describe('a poll for changes', () => {
  it('proves freshness up to the start of the poll, not up to its end', async () => {
    follow();
    const proof = await nextProof();
    expect(proof).toBeLessThanOrEqual(polledAt.at(-1) ?? Number.NaN);
    expect(said).toEqual(['everything']);
  });

  it('reads changes since 30 seconds before its latest heartbeat, by the server’s clock', async () => {
    follow();
    await nextProof();
    expect(since[0]).toEqual(new Date('2030-01-01T11:59:30Z'));
  });

  it('announces each version of a record once, although later polls find it again', async () => {
    follow();
    await nextProof();
    records = [record('acme', 1), record('globex', 4, 20)];
    await nextProof();
    await nextProof();
    records = [record('acme', 2), record('globex', 4, 20)];
    await nextProof();
    await nextProof();
    expect(said).toEqual(['everything', 'acme', 'globex', 'acme']);
  });

  it('announces a version of a record again if the record was written again', async () => {
    follow();
    await nextProof();
    records = [record('acme', 2, 5)];
    // The next proof may belong to a poll that has already read the collection.
    await nextProof();
    await nextProof();
    records = [record('acme', 2)];
    await nextProof();
    await nextProof();
    expect(said).toEqual(['everything', 'acme', 'acme']);
  });

  it('does not announce heartbeats of other instances', async () => {
    follow();
    records = [{ _id: '#hb:another', beat: 'another:1', changedAt: new Date(serverTime) }];
    await nextProof();
    await nextProof();
    expect(said).toEqual(['everything']);
  });

  it('misses no change after a rollback of the server’s clock by less than 30 seconds', async () => {
    follow();
    await nextProof();
    serverTime -= 29_000;
    records = [record('acme', 1)];
    await nextProof();
    await nextProof();
    expect(said).toEqual(['everything', 'acme']);
  });

  it('announces that everything changed after a rollback of the server’s clock by an hour', async () => {
    follow();
    await nextProof();
    serverTime -= 3_600_000;
    records = [record('acme', 1)];
    await nextProof();
    await nextProof();
    expect(said.slice(0, 2)).toEqual(['everything', 'everything']);
    expect(said).toContain('acme');
  });

  it('does not prove freshness while it fails, and misses no change after it recovers', async () => {
    follow();
    await nextProof();
    failure = new Error('unreachable');
    await pause(BOUND_MS);
    const proven = proofs.length;
    await pause(BOUND_MS);
    expect(proofs).toHaveLength(proven);
    records = [record('acme', 1)];
    failure = undefined;
    await nextProof();
    expect(said.filter((each) => each !== 'trouble')).toEqual(['everything', 'acme']);
    expect(said).toContain('trouble');
  });
});
