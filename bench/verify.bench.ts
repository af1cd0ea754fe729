import { hash } from 'node:crypto';
import { newKeyId } from '../src/api-keys/domain/key-id';
import { heapUsed } from './kit/heap';
import { REQUIREMENT, type SampleKey, sampleKey } from './kit/keys';
import { claim, intervalOf, print, printTable } from './kit/report';
import { interleave, microseconds } from './kit/rounds';
import { median, ratio } from './kit/statistics';
import { BsonRepository } from './kit/bson-repository';
import { type BenchVerifier, verifierOver } from './kit/verifier';

const HOT = 1000;
const SIZES = { '1k': 1000, '100k': 100_000, '1M': 1_000_000 } as const;
const CALLS = 20_000;
const ROUNDS = 51;

/** Keeps the compiler from removing unused results. */
let sink = 0;

async function main(): Promise<void> {
  const hot = Array.from({ length: HOT }, sampleKey);
  const [small, large, huge] = await Promise.all([
    hotVerifier(SIZES['1k'], hot),
    hotVerifier(SIZES['100k'], hot),
    hotVerifier(SIZES['1M'], hot),
  ]);
  const { entryBytes, ...allCached } = await cachedVerifier(huge.repository, hot);

  const verifying =
    ({ verifier }: BenchVerifier) =>
    (): number =>
      microseconds(CALLS, (index) => {
        const verification = verifier.verifyNow(hot[index % HOT]?.token ?? '', REQUIREMENT);
        if (verification instanceof Promise || verification.code !== 'VALID') throw new Error('not hot');
      });
  const figures = await interleave(
    {
      sha256: () =>
        microseconds(CALLS, (index) => (sink += hash('sha256', hot[index % HOT]?.token ?? '').length)),
      small: verifying(small),
      large: verifying(large),
      huge: verifying(huge),
      allCached: verifying(allCached),
    },
    ROUNDS,
  );

  const row = (name: string, of: readonly number[]): (string | number)[] => [
    name,
    median(of),
    intervalOf(ratio(of, figures.sha256)),
    intervalOf(ratio(of, figures.small)),
  ];
  printTable(
    ['1,000 hot keys', 'µs a call', 'to one SHA-256', 'to verify() at 1k stored'],
    [
      row('one SHA-256 of the token', figures.sha256),
      row('verify(), 1k stored', figures.small),
      row('verify(), 100k stored', figures.large),
      row('verify(), 1M stored', figures.huge),
      row('verify(), 1M stored and cached', figures.allCached),
    ],
  );
  print(`heap of a cached key: ${Math.round(entryBytes)} bytes (over 1M keys)\n`);
  claim('verify() hot, relative to one SHA-256,', ratio(figures.small, figures.sha256), { atMost: 4 });
  claim('verify() at 100k stored, relative to 1k,', ratio(figures.large, figures.small), {
    atLeast: 0.9,
    atMost: 1.1,
  });
  claim('verify() at 1M stored, relative to 1k,', ratio(figures.huge, figures.small), {
    atLeast: 0.9,
    atMost: 1.1,
  });
  claim('heap of a cached key, in bytes,', entryBytes, { atMost: 2000 });
  if (sink === 0) throw new Error('nothing was hashed');
}

async function hotVerifier(
  stored: number,
  hot: readonly SampleKey[],
): Promise<BenchVerifier & { readonly repository: BsonRepository }> {
  const repository = new BsonRepository();
  for (const { key } of hot) await repository.insert(key);
  const { key } = sampleKey();
  for (let count = hot.length; count < stored; count += 1) {
    await repository.insert({ ...key, id: newKeyId(key.createdAt) });
  }
  const verifier = verifierOver(repository);
  for (const { token } of hot) await verifier.verifier.verify(token, REQUIREMENT);
  return { ...verifier, repository };
}

/** Returns a verifier whose cache contains all stored keys. */
async function cachedVerifier(
  repository: BsonRepository,
  hot: readonly SampleKey[],
): Promise<BenchVerifier & { readonly entryBytes: number }> {
  const verifier = verifierOver(repository, SIZES['1M']);
  const before = heapUsed();
  for (const id of repository.ids()) await verifier.fresh.keys.read(id);
  const entryBytes = (heapUsed() - before) / verifier.fresh.keys.size;
  for (const { token } of hot) await verifier.verifier.verify(token, REQUIREMENT);
  return { ...verifier, entryBytes };
}

void main();
