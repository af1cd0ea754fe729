import type { HttpAnswer } from '../http-client';
import { testDatabaseUri } from '../test-database';
import { type Keyward, makeRootKey, startKeywardOn } from './keyward';

/** Two instances of the service that share keys and a Redis, as behind a load balancer. */
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

/** The ways of a key to be used that count, which all count the same. */
const USES: readonly ((keyward: Keyward, token: string) => Promise<HttpAnswer>)[] = [
  async (keyward, token) => keyward.as(token).get('/v1/api-keys/self'),
  async (keyward, token) => keyward.as(token).get('/v1/forward-auth?authenticated=1'),
];

/** Uses a key so many times at once, spread evenly over instances and ways, and counts the answers by status. */
export async function useKey(
  instances: readonly Keyward[],
  token: string,
  times: number,
): Promise<Readonly<Record<string, number>>> {
  const ways = instances.flatMap((keyward) => USES.map((use) => async () => use(keyward, token)));
  const answers = await Promise.all(
    Array.from({ length: Math.ceil(times / ways.length) }, () => ways)
      .flat()
      .slice(0, times)
      .map(async (use) => use()),
  );
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const outcome = status < 300 ? 'passed' : `${status} ${String(body['code'])}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}
