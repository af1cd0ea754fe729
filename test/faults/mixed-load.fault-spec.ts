import { setTimeout as pause } from 'node:timers/promises';
import { ModelHouse } from '../support/freshness/model-house';
import { type SecondInstance, startSecondInstance } from '../support/freshness/second-instance';
import { StoreWitness } from '../support/freshness/store-witness';
import { answered, type Asked } from '../support/freshness/trial';
import { eventually } from '../support/patience';
import { startService, type TestService } from '../support/service';
import { testDatabaseUri } from '../support/test-database';

const BOUND_MS = 1000;
/** `npm run soak` sets ten minutes. */
const SECONDS = Number(process.env['MIXED_LOAD_SECONDS'] ?? 60);
const CUT_MS = 5000;
/** How long after the cut an instance may still report that its store is unreachable. */
const RECOVERY_MS = 6000;
const ASKERS = 4;
const CHANGERS = 4;
const MIN_CHANGES = SECONDS * 5;
/** Each client pauses for this multiple of the time that the answer took, so that the load fits the machine. */
const PAUSE_TO_ASK = 8;
const PAUSE_TO_CHANGE = 4;
const LONGEST_PAUSE_MS = 500;
const UNAVAILABLE = '503';
/** The allowed part of unavailable answers, except those that the machine explains. */
const UNAVAILABLE_AT_MOST = 0.01;
/**
 * An operation that takes half of the bound leaves no time for a proof of freshness, which takes several operations.
 */
const SLOW_OPERATION_MS = BOUND_MS / 2;
const SEEN = [
  'BINDING_MISMATCH',
  'DISABLED',
  'INSUFFICIENT_SCOPE',
  'OWNER_DISABLED',
  'REVOKED',
  'ROTATED',
  'VALID',
];

const ENVIRONMENT = {
  NODE_ENV: 'test',
  REVOCATION_BOUND_MS: String(BOUND_MS),
  FAILED_CREDENTIALS_PER_MINUTE: '1000000',
};

/** The answers to one client between two moments. */
interface Tally {
  readonly codes: Map<string, number>;
  readonly wrong: string[];
  readonly unavailable: { readonly from: number; readonly to: number }[];
}

let first: TestService;
let second: SecondInstance;
let house: ModelHouse;
let witness: StoreWitness;

beforeAll(async () => {
  const uri = testDatabaseUri('mixed load');
  first = await startService('mongo', { MONGODB_URI: uri, CHANGE_FEED: 'polling', ...ENVIRONMENT });
  second = await startSecondInstance(uri, { CHANGE_FEED: 'streams', ...ENVIRONMENT });
  house = new ModelHouse(first);
  await house.furnish(6, 24);
  witness = new StoreWitness(uri);
});

afterAll(async () => {
  await witness.stop();
  await Promise.all([first.stop(), second.stop()]);
});

async function breather(times: number, tookMs: number): Promise<void> {
  await pause(Math.min(LONGEST_PAUSE_MS, times * tookMs * (0.5 + Math.random())));
}

async function ask(instance: Asked, isOver: () => boolean, tally: Tally): Promise<void> {
  const verifier = instance.as(first.root.token);
  while (!isOver()) {
    const { token, scope, orgId, isRight } = house.question();
    const body = { token, scopes: [scope], orgId };
    let from = 0;
    const answer = await answered(async () => {
      from = performance.now();
      return verifier.post('/v1/api-keys/verify', body);
    });
    const to = performance.now();
    const code = answer.status === 200 ? String(answer.body['code']) : String(answer.status);
    tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1);
    if (code === UNAVAILABLE) {
      tally.unavailable.push({ from, to });
    } else if (!isRight(code, from, to, BOUND_MS)) {
      tally.wrong.push(`${code} at ${Math.round(to)} ms`);
    }
    await breather(PAUSE_TO_ASK, to - from);
  }
}

async function change(changer: number, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const from = performance.now();
    const own = (count: number): number =>
      changer + CHANGERS * Math.floor(Math.random() * Math.ceil((count - changer) / CHANGERS));
    if (Math.random() < 0.15 && changer < house.ownerCount) await house.changeOwner(own(house.ownerCount));
    else await house.changeKey(own(house.size));
    await breather(PAUSE_TO_CHANGE, performance.now() - from);
  }
}

const answersOf = ({ codes }: Tally): number => [...codes.values()].reduce((sum, count) => sum + count, 0);

/** Returns the part of answers that were unavailable although database operations were fast. */
function unavailablePart(tally: Tally, { from: cutAt, to: curedAt }: { from: number; to: number }): number {
  const unexcused = tally.unavailable.filter(
    ({ from, to }) =>
      (to < cutAt || from > curedAt) && witness.slowestBetween(from - BOUND_MS, to) < SLOW_OPERATION_MS,
  );
  return unexcused.length / answersOf(tally);
}

const emptyTally = (): Tally => ({ codes: new Map(), wrong: [], unavailable: [] });

describe('two instances under load', () => {
  it(
    'make the same decisions as the model, even while one cannot reach the database [T35]',
    async () => {
      const [atFirst, atSecond] = [emptyTally(), emptyTally()];
      const tallies = [atFirst, atSecond];
      const endsAt = performance.now() + SECONDS * 1000;
      const cut = { from: Infinity, to: Infinity };
      // A slow machine continues until it has made as many changes as a fast one.
      const isOver = (): boolean =>
        performance.now() > endsAt &&
        performance.now() > cut.to &&
        house.changes > MIN_CHANGES &&
        tallies.every(({ codes }) => SEEN.every((code) => codes.has(code)));
      await Promise.all([
        ...Array.from({ length: ASKERS }, async () => ask(first, isOver, atFirst)),
        ...Array.from({ length: ASKERS }, async () => ask(second, isOver, atSecond)),
        ...Array.from({ length: CHANGERS }, async (_none, changer) => change(changer, isOver)),
        (async () => {
          await pause((SECONDS * 1000) / 2 - CUT_MS);
          cut.from = performance.now();
          second.proxy.cut();
          await pause(CUT_MS);
          await second.proxy.restore();
          await eventually(
            async () => second.as().get('/health/ready'),
            ({ status }) => status === 200,
          );
          cut.to = performance.now() + RECOVERY_MS;
        })(),
      ]);

      expect([atFirst.wrong, atSecond.wrong]).toEqual([[], []]);
      expect(unavailablePart(atFirst, cut)).toBeLessThan(UNAVAILABLE_AT_MOST);
      expect(unavailablePart(atSecond, cut)).toBeLessThan(UNAVAILABLE_AT_MOST);
      expect(atSecond.unavailable.filter(({ from }) => from > cut.from && from < cut.to)).not.toEqual([]);
      for (const { codes } of tallies) {
        const seen = [...codes.keys()].filter((code) => code !== UNAVAILABLE && code !== 'NOT_FOUND');
        expect(seen.toSorted()).toEqual(SEEN);
      }
    },
    SECONDS * 10_000,
  );
});
