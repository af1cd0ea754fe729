import { setTimeout as pause } from 'node:timers/promises';
import { ModelHouse } from '../support/freshness/model-house';
import { type SecondInstance, startSecondInstance } from '../support/freshness/second-instance';
import { answered, type Asked } from '../support/freshness/trial';
import { startService, type TestService } from '../support/service';
import { testDatabaseUri } from '../support/test-database';

const BOUND_MS = 1000;
/** `npm run soak` sets ten minutes. */
const SECONDS = Number(process.env['MIXED_LOAD_SECONDS'] ?? 60);
const CUT_MS = 5000;
/** How long after the cut an instance may still say that its store is away. */
const RECOVERY_MS = 6000;
const ASKERS = 4;
const CHANGERS = 4;
const PAUSE_BETWEEN_CHANGES_MS = 60;
const UNAVAILABLE = '503';
/** A busy machine keeps a proof of freshness waiting now and then: the part of answers that may say so. */
const UNPROVEN_AT_MOST = 0.01;

const ENVIRONMENT = {
  NODE_ENV: 'test',
  REVOCATION_BOUND_MS: String(BOUND_MS),
  FAILED_CREDENTIALS_PER_MINUTE: '1000000',
};

/** What was answered to somebody who asked between two moments. */
interface Tally {
  readonly codes: Map<string, number>;
  readonly wrong: string[];
  readonly unavailable: { readonly from: number; readonly to: number }[];
}

let first: TestService;
let second: SecondInstance;
let house: ModelHouse;

beforeAll(async () => {
  const uri = testDatabaseUri('mixed load');
  first = await startService('mongo', { MONGODB_URI: uri, CHANGE_FEED: 'polling', ...ENVIRONMENT });
  second = await startSecondInstance(uri, { CHANGE_FEED: 'streams', ...ENVIRONMENT });
  house = new ModelHouse(first);
  await house.furnish(6, 24);
}, 90_000);

afterAll(async () => {
  await Promise.all([first.stop(), second.stop()]);
}, 60_000);

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
      // As Retry-After asks, though sooner.
      await pause(50);
    } else if (!isRight(code, from, to, BOUND_MS)) {
      tally.wrong.push(`${code} at ${Math.round(to)} ms`);
    }
  }
}

async function change(changer: number, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await pause(PAUSE_BETWEEN_CHANGES_MS * 2 * Math.random());
    const own = (count: number): number =>
      changer + CHANGERS * Math.floor(Math.random() * Math.ceil((count - changer) / CHANGERS));
    if (Math.random() < 0.15 && changer < house.ownerCount) await house.changeOwner(own(house.ownerCount));
    else await house.changeKey(own(house.size));
  }
}

const answersOf = ({ codes }: Tally): number => [...codes.values()].reduce((sum, count) => sum + count, 0);

const emptyTally = (): Tally => ({ codes: new Map(), wrong: [], unavailable: [] });

it(
  'decides on two instances, under load and while one loses its database for a while, as the model does',
  async () => {
    const over = performance.now() + SECONDS * 1000;
    const isOver = (): boolean => performance.now() > over;
    const [atFirst, atSecond] = [emptyTally(), emptyTally()];
    const cut = { from: Infinity, to: Infinity };
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
        cut.to = performance.now() + RECOVERY_MS;
      })(),
    ]);

    expect([atFirst.wrong, atSecond.wrong]).toEqual([[], []]);
    expect(atFirst.unavailable.length / answersOf(atFirst)).toBeLessThan(UNPROVEN_AT_MOST);
    const elsewhere = atSecond.unavailable.filter(({ from, to }) => to < cut.from || from > cut.to);
    expect(elsewhere.length / answersOf(atSecond)).toBeLessThan(UNPROVEN_AT_MOST);
    expect(atSecond.unavailable.length).toBeGreaterThan(elsewhere.length);
    expect(house.changes).toBeGreaterThan(SECONDS * 5);
    for (const { codes } of [atFirst, atSecond]) {
      const seen = [...codes.keys()].filter((code) => code !== UNAVAILABLE && code !== 'NOT_FOUND');
      expect(seen.toSorted()).toEqual([
        'BINDING_MISMATCH',
        'DISABLED',
        'INSUFFICIENT_SCOPE',
        'OWNER_DISABLED',
        'REVOKED',
        'ROTATED',
        'VALID',
      ]);
    }
  },
  (SECONDS + 60) * 1000,
);
