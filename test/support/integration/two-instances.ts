import type { HttpAnswer } from '../http-client';
import { testDatabaseUri } from '../test-database';
import { type Keyward, makeRootKey, startKeywardOn } from './keyward';

/** Two instances of the service that share a database, as behind a load balancer. */
export interface TwoInstances {
  readonly first: Keyward;
  readonly second: Keyward;
  stop(): Promise<void>;
}

export async function startTwoInstances(
  environment: Readonly<Record<string, string>>,
): Promise<TwoInstances> {
  const database = testDatabaseUri('limits');
  const rootToken = await makeRootKey(database);
  const [first, second] = await Promise.all([
    startKeywardOn(database, rootToken, environment),
    startKeywardOn(database, rootToken, environment),
  ]);
  return {
    first,
    second,
    stop: async () => {
      await Promise.all([first.stop(), second.stop()]);
    },
  };
}

/** Two ways to use a key. Both count against the same rate limit. */
const USES: readonly ((keyward: Keyward, token: string) => Promise<HttpAnswer>)[] = [
  async (keyward, token) => keyward.as(token).get('/v1/api-keys/self'),
  async (keyward, token) => keyward.as(token).get('/v1/forward-auth?authenticated=1'),
];

/** The number of concurrent requests in each wave. */
const AT_ONCE = 100;

/**
 * Sends this number of requests with a key, spread over the instances and {@link USES}. Returns the number of each
 * outcome.
 */
export async function useKey(
  instances: readonly Keyward[],
  token: string,
  times: number,
): Promise<Readonly<Record<string, number>>> {
  const ways = instances.flatMap((keyward) => USES.map((use) => async () => use(keyward, token)));
  const counts: Record<string, number> = {};
  for (let sent = 0; sent < times; sent += AT_ONCE) {
    const wave = Array.from({ length: Math.min(AT_ONCE, times - sent) }, (_none, index) => index);
    const answers = await Promise.all(wave.map(async (index) => ways[index % ways.length]?.()));
    for (const answer of answers) {
      const outcome = outcomeOf(answer);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
  }
  return counts;
}

/** Returns `passed`, or the status and the code of the problem. */
export function outcomeOf(answer: HttpAnswer | undefined): string {
  if (answer === undefined) return 'not sent';
  return answer.status < 300 ? 'passed' : `${answer.status} ${String(answer.body['code'])}`;
}
