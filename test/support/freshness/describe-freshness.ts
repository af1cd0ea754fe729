import { randomUUID } from 'node:crypto';
import { type MongoServer, startMongoServer } from '../mongo-server';
import { withDatabase } from '../mongo-server/uri';
import { eventually } from '../patience';
import { startService, type TestService } from '../service';
import { feasibleBound } from './bound';
import { type SecondInstance, startSecondInstance } from './second-instance';
import {
  acceptedTooLate,
  answered,
  askAbout,
  type Change,
  CHANGES,
  makeTrialKey,
  runTrial,
  type TrialKey,
  type TrialResult,
} from './trial';

/**
 * The number of trials for each change under each circumstance. `npm run soak` sets more. Waves of 20 trials for each
 * change run one after the other.
 */
const TRIALS = Number(process.env['FRESHNESS_TRIALS'] ?? 20);
const WAVE = 20;
/** The timeout of a test. It only ends a run that hangs, because the duration of trials depends on the machine. */
const SAFETY_MS = 600_000 + TRIALS * 20_000;

interface Circumstance {
  readonly circumstance: string;
  readonly second: () => SecondInstance;
  /** Called before the first change is sent. */
  readonly begin?: () => void;
  /** Called when all changes are acknowledged. */
  readonly onceAcknowledged?: () => void;
  readonly end?: () => void | Promise<void>;
}

/**
 * Tests two instances on one database. In each trial, the second instance has cached a key that the first instance
 * changes. The revocation bound begins when the first instance has answered. The second instance must not accept any
 * request that is sent after the bound.
 */
export function describeFreshness(feed: 'streams' | 'polling'): void {
  let boundMs: number;
  let server: MongoServer;
  let first: TestService;
  let second: SecondInstance;
  let ahead: SecondInstance;

  beforeAll(async () => {
    server = await startMongoServer({ own: true });
    const uri = withDatabase(server.uri, `freshness_${randomUUID()}`);
    boundMs = await feasibleBound(uri);
    const environment = {
      NODE_ENV: 'test',
      CHANGE_FEED: feed,
      REVOCATION_BOUND_MS: String(boundMs),
      FAILED_CREDENTIALS_PER_MINUTE: '1000000',
    };
    first = await startService('mongo', { MONGODB_URI: uri, ...environment });
    [second, ahead] = await Promise.all([
      startSecondInstance(uri, environment),
      startSecondInstance(uri, environment, 5000),
    ]);
  });

  afterAll(async () => {
    server.resume();
    await Promise.all([first.stop(), second.stop(), ahead.stop()]);
    await server.stop();
  });

  const CIRCUMSTANCES: readonly Circumstance[] = [
    { circumstance: 'no fault occurs', second: () => second },
    { circumstance: 'its clock is 5 s ahead', second: () => ahead },
    {
      circumstance: 'its connection to the database is cut',
      second: () => second,
      begin: () => second.proxy.cut(),
      end: async () => second.proxy.restore(),
    },
    {
      circumstance: 'its connection to the database hangs',
      second: () => second,
      begin: () => second.proxy.hang(),
      end: async () => second.proxy.restore(),
    },
    {
      circumstance: 'the database is suspended immediately after the acknowledgement',
      second: () => second,
      onceAcknowledged: () => server.suspend(),
      end: () => server.resume(),
    },
  ];

  /** Waits until an instance accepts a key, and answers more than half of the requests without a read of the store. */
  async function recovered(instance: SecondInstance, key: TrialKey): Promise<void> {
    const asks = 10;
    const look = async (): Promise<{ readonly code: string; readonly reads: number }> => {
      const before = await instance.keyReads();
      let code = '';
      for (let ask = 0; ask < asks; ask += 1) {
        code = await answered(async () => askAbout(instance, key, 'guard', first.root.token));
      }
      return { code, reads: (await instance.keyReads()) - before };
    };
    await eventually(look, ({ code, reads }) => code === 'VALID' && reads < asks / 2);
  }

  /**
   * Returns the answer of an instance. Repeats the request while the answer is 503, because a proof of freshness may be
   * late on a busy machine.
   */
  async function settled(instance: SecondInstance, key: TrialKey, door: 'guard' | 'verify'): Promise<string> {
    return eventually(
      async () => answered(async () => askAbout(instance, key, door, first.root.token)),
      (code) => code !== '503',
    );
  }

  async function runWave(
    { second: instance, begin, onceAcknowledged, end }: Circumstance,
    size: number,
  ): Promise<readonly TrialResult[]> {
    const untouched = await makeTrialKey(first);
    const trials: { readonly change: Change; readonly key: TrialKey }[] = [];
    for (const change of CHANGES) {
      for (let trial = 0; trial < size; trial += 1) trials.push({ change, key: await makeTrialKey(first) });
    }
    await recovered(instance(), untouched);
    for (const { key } of trials) {
      for (const door of ['guard', 'verify'] as const) {
        expect(await settled(instance(), key, door)).toBe('VALID');
      }
    }
    begin?.();
    let unacknowledged = trials.length;
    const results = await Promise.all(
      trials.map(async ({ change, key }) =>
        runTrial(first, instance(), change, key, boundMs, async () => {
          unacknowledged -= 1;
          if (unacknowledged === 0) onceAcknowledged?.();
        }),
      ),
    );
    await end?.();
    await recovered(instance(), untouched);
    for (const { change, key } of trials) {
      expect(await settled(instance(), key, 'verify')).toBe(change.code);
    }
    return results;
  }

  it.each(CIRCUMSTANCES)(
    'accepts no changed key after the bound while $circumstance, and recovers afterwards [T35]',
    async (circumstance) => {
      const results: TrialResult[] = [];
      for (let left = TRIALS; left > 0; left -= WAVE) {
        results.push(...(await runWave(circumstance, Math.min(WAVE, left))));
      }
      expect(results).toHaveLength(TRIALS * CHANGES.length);
      expect(results.flatMap((result) => acceptedTooLate(result, boundMs))).toEqual([]);
      // Each trial checked past the bound, with a key that was accepted before.
      const latest = results.map(({ seen, acknowledgedAt }) => (seen.at(-1)?.sentAt ?? 0) - acknowledgedAt);
      expect(Math.min(...latest)).toBeGreaterThan(boundMs);
    },
    SAFETY_MS,
  );
}
