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

/** Of each change under each circumstance; `npm run soak` sets more. They run in waves, each in parallel. */
const TRIALS = Number(process.env['FRESHNESS_TRIALS'] ?? 20);
const WAVE = 20;
/** Ends a run that hangs. How long trials take is up to the machine. */
const SAFETY_MS = 600_000 + TRIALS * 20_000;

interface Circumstance {
  readonly circumstance: string;
  readonly second: () => SecondInstance;
  /** Before the first change is sent. */
  readonly begin?: () => void;
  /** When all changes are acknowledged. */
  readonly onceAcknowledged?: () => void;
  readonly end?: () => void | Promise<void>;
}

/**
 * Two instances on one database. For each trial a key is known to the second; it is changed at the first, and when the
 * first's answer has arrived the time of the bound begins: no acceptance by the second may exist that was asked for
 * after its end.
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
    { circumstance: 'all is well', second: () => second },
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
      circumstance: 'the database is suspended as soon as it has acknowledged',
      second: () => second,
      onceAcknowledged: () => server.suspend(),
      end: () => server.resume(),
    },
  ];

  /** Waits until an instance admits a key, and reads it from the store for less than half of the requests. */
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

  /** Returns the answer of an instance. Asks again while it is 503: on a busy machine a proof of freshness may be late. */
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
    'accepts nothing past the bound while $circumstance, and works as before afterwards [T35]',
    async (circumstance) => {
      const results: TrialResult[] = [];
      for (let left = TRIALS; left > 0; left -= WAVE) {
        results.push(...(await runWave(circumstance, Math.min(WAVE, left))));
      }
      expect(results).toHaveLength(TRIALS * CHANGES.length);
      expect(results.flatMap((result) => acceptedTooLate(result, boundMs))).toEqual([]);
      // Each trial has looked past the bound, and not at a key that was refused anyway.
      const latest = results.map(({ seen, acknowledgedAt }) => (seen.at(-1)?.sentAt ?? 0) - acknowledgedAt);
      expect(Math.min(...latest)).toBeGreaterThan(boundMs);
    },
    SAFETY_MS,
  );
}
