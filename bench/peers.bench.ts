import { REQUIREMENT, sampleKey } from './kit/keys';
import { claim, intervalOf, printTable } from './kit/report';
import { interleave, microseconds, microsecondsLate, type Subject } from './kit/rounds';
import { median, ratio } from './kit/statistics';
import { verifierOver } from './kit/verifier';
import { BsonRepository } from './kit/bson-repository';
import { installPeers } from './peers/install';
import { betterAuthWith } from './peers/better-auth';

const MANY = 1000;
const CALLS = 10_000;
const PEER_CALLS = 200;

async function main(): Promise<void> {
  const load = await installPeers();
  const [one, many, peerOfOne, peerOfMany] = [
    await keywardWith(1),
    await keywardWith(MANY),
    await betterAuthWith(load, 1),
    await betterAuthWith(load, MANY),
  ];
  const figures = await interleave({
    one,
    many,
    peerOfOne: async () => microsecondsLate(PEER_CALLS, peerOfOne),
    peerOfMany: async () => microsecondsLate(PEER_CALLS, peerOfMany),
  });
  const row = (name: string, of: readonly number[]): (string | number)[] => [
    name,
    median(of),
    intervalOf(ratio(of, figures.one)),
  ];
  printTable(
    ['one verification, in memory', 'µs', 'to verify() with 1 key'],
    [
      row('Keyward, 1 key', figures.one),
      row('Keyward, 1,000 keys', figures.many),
      row('better-auth, 1 key', figures.peerOfOne),
      row('better-auth, 1,000 keys', figures.peerOfMany),
    ],
  );
  claim('better-auth with 1,000 keys, relative to Keyward,', ratio(figures.peerOfMany, figures.many), {
    atLeast: 10,
  });
}

/** Verifies the tokens of all keys one after the other, as the measurement of the peer does. */
async function keywardWith(count: number): Promise<Subject> {
  const repository = new BsonRepository();
  const keys = Array.from({ length: count }, sampleKey);
  for (const { key } of keys) await repository.insert(key);
  const { verifier } = verifierOver(repository);
  for (const { token } of keys) await verifier.verify(token, REQUIREMENT);
  return () =>
    microseconds(CALLS, (index) => {
      const verification = verifier.verifyNow(keys[index % count]?.token ?? '', REQUIREMENT);
      if (verification instanceof Promise || verification.code !== 'VALID') throw new Error('not hot');
    });
}

void main();
