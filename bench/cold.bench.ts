import { newKeyId } from '../src/api-keys/domain/key-id';
import { REQUIREMENT, sampleKey } from './kit/keys';
import { type MongoStore, openMongoStore, startBenchMongo } from './kit/mongo-store';
import { claim, intervalOf, printTable } from './kit/report';
import { interleave } from './kit/rounds';
import { median, ratio } from './kit/statistics';
import { verifierOver } from './kit/verifier';

const SIZES = { '1k': 1000, '10k': 10_000, '100k': 100_000 } as const;
const LOOKUPS = 50;
const BATCH = 10_000;

async function main(): Promise<void> {
  const mongo = await startBenchMongo();
  const [small, large, huge] = await Promise.all([
    ColdKeys.stored(mongo.uriOf('1k'), SIZES['1k']),
    ColdKeys.stored(mongo.uriOf('10k'), SIZES['10k']),
    ColdKeys.stored(mongo.uriOf('100k'), SIZES['100k']),
  ]);
  const figures = await interleave({
    small: async () => small.lookUp(),
    large: async () => large.lookUp(),
    huge: async () => huge.lookUp(),
  });
  await Promise.all([small.close(), large.close(), huge.close()]);
  await mongo.stop();
  const row = (name: string, of: readonly number[]): (string | number)[] => [
    name,
    median(of),
    intervalOf(ratio(of, figures.small)),
  ];
  printTable(
    ['verify() of a key that is not in memory', 'ms', 'to 1k stored'],
    [row('1k stored', figures.small), row('10k stored', figures.large), row('100k stored', figures.huge)],
  );
  claim('a cold verify() at 100k stored, relative to 1k,', ratio(figures.huge, figures.small), {
    atMost: 1.25,
  });
}

/** Keys in a separate database. The cache contains none of them. */
class ColdKeys {
  private next = 0;

  private constructor(
    private readonly store: MongoStore,
    private readonly tokens: readonly string[],
  ) {}

  static async stored(uri: string, count: number): Promise<ColdKeys> {
    const store = await openMongoStore(uri);
    const keys = Array.from({ length: SIZES['1k'] }, sampleKey);
    for (const { key } of keys) await store.repository.insert(key);
    // Keys that are not looked up may be small: the stand-in keeps all of them in memory, twice.
    const now = new Date();
    for (let stored = keys.length; stored < count; stored += BATCH) {
      const size = Math.min(BATCH, count - stored);
      await store.documents.insertMany(Array.from({ length: size }, () => ({ _id: newKeyId(now) })));
    }
    return new ColdKeys(
      store,
      keys.map(({ token }) => token),
    );
  }

  /** Verifies some tokens one after the other with an empty cache. Returns the median duration in milliseconds. */
  async lookUp(): Promise<number> {
    const { verifier } = verifierOver(this.store.repository);
    const taken: number[] = [];
    for (let index = 0; index < LOOKUPS; index += 1) {
      this.next = (this.next + 1) % this.tokens.length;
      const begunAt = performance.now();
      const { code } = await verifier.verify(this.tokens[this.next] ?? '', REQUIREMENT);
      taken.push(performance.now() - begunAt);
      if (code !== 'VALID') throw new Error(`a stored key is ${code}`);
    }
    return median(taken);
  }

  async close(): Promise<void> {
    await this.store.close();
  }
}

void main();
