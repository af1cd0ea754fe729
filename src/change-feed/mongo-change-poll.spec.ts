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

/** A collection on a server whose clock stands where a test sets it. */
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
  it('proves from its own start, not from its end', async () => {
    follow();
    const proof = await nextProof();
    expect(proof).toBeLessThanOrEqual(polledAt.at(-1) ?? Number.NaN);
    expect(said).toEqual(['everything']);
  });

  it('looks 30 seconds back from its own newest heartbeat, by the server’s clock', async () => {
    follow();
    await nextProof();
    expect(since[0]).toEqual(new Date('2030-01-01T11:59:30Z'));
  });

  it('announces each version once, though it finds it again and again', async () => {
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

  it('announces a version again if its record was touched again', async () => {
    follow();
    await nextProof();
    records = [record('acme', 2, 5)];
    // The next proof may be that of a poll which has looked already.
    await nextProof();
    await nextProof();
    records = [record('acme', 2)];
    await nextProof();
    await nextProof();
    expect(said).toEqual(['everything', 'acme', 'acme']);
  });

  it('announces no heartbeat of anybody', async () => {
    follow();
    records = [{ _id: '#hb:another', beat: 'another:1', changedAt: new Date(serverTime) }];
    await nextProof();
    await nextProof();
    expect(said).toEqual(['everything']);
  });

  it('loses nothing where the server’s clock is set back by less than it looks back', async () => {
    follow();
    await nextProof();
    serverTime -= 29_000;
    records = [record('acme', 1)];
    await nextProof();
    await nextProof();
    expect(said).toEqual(['everything', 'acme']);
  });

  it('begins anew, as if everything had changed, where it is set back by more', async () => {
    follow();
    await nextProof();
    serverTime -= 3_600_000;
    records = [record('acme', 1)];
    await nextProof();
    await nextProof();
    expect(said.slice(0, 2)).toEqual(['everything', 'everything']);
    expect(said).toContain('acme');
  });

  it('proves nothing while it fails, and goes on afterwards without losing a change', async () => {
    follow();
    await nextProof();
    failure = new Error('away');
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
