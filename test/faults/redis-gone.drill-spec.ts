import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type DrillInstance,
  RECOVERED_WITHIN_MS,
  REFUSED_WITHIN_MS,
  startDrillInstance,
} from '../support/drills/drill-instance';
import { reportDrill } from '../support/drills/drill-report';
import { done, furnishTwoTenants, type TwoTenants } from '../support/drills/question';
import { SteadyLoad } from '../support/drills/steady-load';
import { makeRootKey } from '../support/integration/keyward';
import { type RedisServer, startRedis } from '../support/integration/redis';
import { outcomeOf } from '../support/integration/two-instances';
import { timed } from '../support/lateness';
import { until } from '../support/patience';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';

const OUTAGE_MS = 3000;
const LIMIT = 3;
const REFUSED = '503 rate_limiter_unavailable';

describe('two instances during a Redis outage, one with onOutage "local" and one with "deny",', () => {
  let mongo: MongoServer;
  let redis: RedisServer;
  let counting: DrillInstance;
  let refusing: DrillInstance;
  let root: string;
  let tenants: TwoTenants;
  let loads: readonly SteadyLoad[] = [];

  beforeAll(async () => {
    [mongo, redis] = await Promise.all([startMongoServer({ own: true }), startRedis()]);
    const uri = withDatabase(mongo.uri, `drill_${randomUUID()}`);
    root = await makeRootKey(uri);
    const environment = { MONGODB_URI: uri, REDIS_URL: redis.url };
    [counting, refusing] = await Promise.all([
      startDrillInstance({ ...environment, RATE_LIMIT_ON_OUTAGE: 'local' }),
      startDrillInstance({ ...environment, RATE_LIMIT_ON_OUTAGE: 'deny' }),
    ]);
    tenants = await furnishTwoTenants(counting.as(root));
  });

  afterEach(async () => {
    for (const load of loads) await load.stop();
  });

  afterAll(async () => {
    await Promise.all([counting.stop(), refusing.stop()]);
    await redis.stop();
    await mongo.stop();
  });

  async function makeLimited(orgId: string, limit: number): Promise<string> {
    const rateLimits = [{ name: 'default', limit, windowSeconds: 60 }];
    const { body } = await done(
      counting.as(root).post('/v1/api-keys', { name: 'limited', scopes: [], orgId, rateLimits }),
    );
    return String(body['token']);
  }

  async function countTogether(): Promise<boolean> {
    const token = await makeLimited('acme', 1);
    const one = await use(counting, token, 1);
    const other = await use(refusing, token, 1);
    return one['passed'] === 1 && other['429 rate_limited'] === 1;
  }

  async function untilTheyCountTogether(): Promise<void> {
    await until('both count together', countTogether);
  }

  it('accept keys without a limit, count or reject limited keys, and share counts again later', async () => {
    await untilTheyCountTogether();
    loads = [counting, refusing].map((instance) => new SteadyLoad(instance, tenants.questions, root));
    const [atCounting, atRefusing] = loads;
    for (const load of loads) await load.allRightSince(performance.now(), RECOVERED_WITHIN_MS);

    const leftAt = performance.now();
    await redis.end();
    const refused: Record<string, number> = {};
    let slowestMs = 0;
    while (performance.now() < leftAt + OUTAGE_MS) {
      for (const orgId of ['acme', 'globex']) {
        const token = await makeLimited(orgId, LIMIT);
        for (let times = 0; times < 2; times += 1) {
          const { result, ms } = await timed(async () => use(refusing, token, 1));
          expect(result).toEqual({ [REFUSED]: 1 });
          slowestMs = Math.max(slowestMs, ms);
          refused[REFUSED] = (refused[REFUSED] ?? 0) + 1;
        }
        expect(await use(counting, token, LIMIT + 2)).toEqual({ passed: LIMIT, '429 rate_limited': 2 });
      }
      await pause(200);
    }
    const curedAt = performance.now();
    await redis.startAgain();
    const backAt = performance.now();
    await untilTheyCountTogether();
    const recoveryMs = performance.now() - backAt;
    for (const load of loads) await load.allRightSince(backAt, RECOVERED_WITHIN_MS);
    for (const load of loads) await load.stop();

    reportDrill({
      drill: 'Redis gone',
      outageMs: curedAt - leftAt,
      requests: loads.reduce((sum, { answers }) => sum + answers.length, 0),
      wrongAdmissions: loads.reduce((sum, { wrongAdmissions }) => sum + wrongAdmissions, 0),
      refused,
      slowestRefusalMs: slowestMs,
      acknowledgedWrites: 0,
      unacknowledgedWrites: 0,
      lostWrites: 0,
      recoveryMs,
    });
    expect([atCounting?.wrong, atRefusing?.wrong]).toEqual([[], []]);
    expect([atCounting?.unexcused, atRefusing?.unexcused]).toEqual([[], []]);
    expect(slowestMs).toBeLessThan(REFUSED_WITHIN_MS);
  });
});

/** Uses a key this often, one after the other, and counts the answers by outcome. */
async function use(instance: DrillInstance, token: string, times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let sent = 0; sent < times; sent += 1) {
    const outcome = outcomeOf(await instance.as(token).get('/v1/api-keys/self'));
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}
