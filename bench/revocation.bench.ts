import { setTimeout as pause } from 'node:timers/promises';
import { DEFAULT_REVOCATION_BOUND_MS as BOUND_MS } from '../src/change-feed/change-feed';
import { Instance } from './kit/instance';
import { startBenchMongo } from './kit/mongo-store';
import { claim, print, printTable } from './kit/report';
import { median, quantile } from './kit/statistics';

const TRIALS = 200;

/** The number of distinct keys that are revoked at the same time. */
const AT_ONCE = 5;

/** How long the bench continues to send a rejected token, in case it is accepted again. */
const AFTERWARDS_MS = 50;

async function main(): Promise<void> {
  const mongo = await startBenchMongo();
  const rows: (string | number)[][] = [];
  const longest: Record<string, number> = {};
  for (const feed of ['streams', 'polling'] as const) {
    const environment = { CHANGE_FEED: feed };
    const [first, second] = await Promise.all([
      Instance.start(mongo.uriOf(feed), environment),
      Instance.start(mongo.uriOf(feed), environment),
    ]);
    const taken: number[] = [];
    while (taken.length < TRIALS) {
      const trials = Array.from({ length: AT_ONCE }, async () => lastAcceptance(first, second));
      taken.push(...(await Promise.all(trials)));
    }
    await Promise.all([first.stop(), second.stop()]);
    longest[feed] = Math.max(...taken);
    rows.push([feed, median(taken), quantile(taken, 0.99), longest[feed]]);
  }
  await mongo.stop();
  print(
    `From the answer of DELETE to the last answer by which the other instance accepted the key, ${TRIALS} times:\n`,
  );
  printTable(['feed', 'median, ms', 'p99, ms', 'longest, ms'], rows);
  for (const [feed, ms] of Object.entries(longest)) {
    claim(`the longest acceptance in ms, by ${feed},`, ms, { atMost: BOUND_MS });
  }
}

/**
 * Returns how long another instance accepted the key after the revocation was acknowledged, in milliseconds. Returns 0
 * if it never did.
 */
async function lastAcceptance(first: Instance, second: Instance): Promise<number> {
  const { token } = await first.issue();
  const other = second.as(token);
  const passes = async (): Promise<boolean> =>
    (await other.get('/v1/forward-auth?authenticated=1')).status < 300;
  while (!(await passes())) await pause(1);

  let acceptedAt = -Infinity;
  let refusedAt = Infinity;
  const trying = (async () => {
    while (performance.now() - refusedAt < AFTERWARDS_MS) {
      if (await passes()) acceptedAt = performance.now();
      else refusedAt = Math.min(refusedAt, performance.now());
    }
  })();
  const { status } = await first.as(token).delete('/v1/api-keys/self');
  const revokedAt = performance.now();
  if (status !== 204) throw new Error(`a key could not revoke itself: ${status}`);
  await trying;
  return Math.max(0, acceptedAt - revokedAt);
}

void main();
