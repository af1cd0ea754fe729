import type { ApiKeyWithHistory } from '../src/api-keys/domain/api-key';
import { issueToken } from '../src/api-keys/domain/token/key-token';
import { SieveCache } from '../src/api-keys/verification/sieve-cache';
import { heapUsed } from './kit/heap';
import { BsonRepository } from './kit/bson-repository';
import { REQUIREMENT, sampleKey } from './kit/keys';
import { claim, printTable } from './kit/report';
import { verifierOver } from './kit/verifier';

const REPLACED = 300_000;
const FORGED = 3000;
const KEYS = 20;
const MB = 1024 * 1024;

/** Returns a key with the largest fields that a tenant can store. */
function maximalKey(key: ApiKeyWithHistory): ApiKeyWithHistory {
  const texts = (count: number, length: number): string[] =>
    Array.from({ length: count }, (_none, index) => `${key.id}.${index}`.padEnd(length, 'x'));
  return {
    ...key,
    description: 'd'.repeat(500),
    scopes: ['memory:read', ...texts(99, 128)],
    allowedIps: ['127.0.0.1', ...Array.from({ length: 99 }, (_none, index) => `2001:db8:${index}::/64`)],
    metadata: Object.fromEntries(texts(50, 64).map((name) => [name, 'v'.repeat(90)])),
  };
}

async function main(): Promise<void> {
  const replaced = replacing();
  const forged = await forging();
  const common = await bytesOfCached(() => sampleKey().key, 20_000);
  const maximal = await bytesOfCached(() => maximalKey(sampleKey().key), 500);
  printTable(
    ['what is done', 'heap'],
    [
      [`one of ${KEYS} entries of the cache is replaced, ${REPLACED} times`, `${megabytes(replaced)} MB`],
      [`${FORGED} forged tokens for ${KEYS} known keys of maximal size`, `${megabytes(forged.heap)} MB`],
      ['the same, reads of the store', String(forged.reads)],
      ['a common key is cached', `${Math.round(common)} bytes`],
      ['a key of maximal size is cached', `${Math.round(maximal)} bytes`],
    ],
  );
  claim('heap of replaced entries, in MB,', replaced / MB, { atMost: 3 });
  claim('heap of forged tokens, in MB,', forged.heap / MB, { atMost: 3 });
  claim('reads of the store for forged tokens,', forged.reads, { atMost: KEYS * 5 });
}

function replacing(): number {
  const cache = new SieveCache<object>(1000);
  const before = heapUsed();
  for (let index = 0; index < REPLACED; index += 1) cache.set(`key ${index % KEYS}`, { index });
  const grown = heapUsed() - before;
  if (cache.size !== KEYS) throw new Error('the cache lost entries');
  return grown;
}

async function forging(): Promise<{ readonly heap: number; readonly reads: number }> {
  const repository = new BsonRepository();
  const samples = Array.from({ length: KEYS }, () => {
    const { key, token } = sampleKey();
    return { key: maximalKey(key), token };
  });
  for (const { key } of samples) await repository.insert(key);
  const { verifier, fresh } = verifierOver(repository);
  for (const { token } of samples) await verifier.verify(token, REQUIREMENT);
  const before = heapUsed();
  const reads = fresh.keys.reads;
  for (let index = 0; index < FORGED; index += 1) {
    const { token } = issueToken('kw', samples[index % KEYS]?.key.id ?? '');
    const { code } = await verifier.verify(token, REQUIREMENT);
    if (code !== 'NOT_FOUND') throw new Error(`a forged token was ${code}`);
  }
  const heap = heapUsed() - before;
  for (const { token } of samples) {
    if ((await verifier.verify(token, REQUIREMENT)).code !== 'VALID') throw new Error('a key was lost');
  }
  return { heap, reads: fresh.keys.reads - reads };
}

async function bytesOfCached(make: () => ApiKeyWithHistory, count: number): Promise<number> {
  const repository = new BsonRepository();
  for (let index = 0; index < count; index += 1) await repository.insert(make());
  const { fresh } = verifierOver(repository, count);
  const before = heapUsed();
  for (const id of repository.ids()) await fresh.keys.read(id);
  return (heapUsed() - before) / fresh.keys.size;
}

function megabytes(bytes: number): string {
  return (bytes / MB).toFixed(1);
}

void main();
