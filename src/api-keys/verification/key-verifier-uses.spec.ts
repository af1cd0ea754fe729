import { aKey } from '../../testing/contract/key-fixtures';
import { HeldReads, settled } from '../../../test/support/held-reads';
import { StorageConfig } from '../../config/storage.config';
import type { ApiKeyWithHistory, KeySecret } from '../domain/api-key';
import type { Requirement } from '../domain/decision';
import { newKeyId } from '../domain/key-id';
import { issueToken } from '../domain/token/key-token';
import type { Charge, Consumption } from '../ports/rate-limiter';
import { MemoryApiKeyRepository } from '../storage/memory-api-key.repository';
import { StorageUnavailableError } from '../../problems/storage.errors';
import { UsageRecorder } from '../usage/usage-recorder';
import { FreshKeys } from './fresh-keys';
import { KeyVerifier } from './key-verifier';
import { RequestRequirement } from '../access/request-requirement';
import { ReuseRecorder } from './reuse-recorder';

const NOON = new Date('2031-01-31T12:00:00.000Z');
const LIMIT = { name: 'default', limit: 5, windowSeconds: 60 };
const STATE = { of: 'key', ...LIMIT, remaining: 4, resetSeconds: 60 } as const;
const HAS_ROOM: Consumption = { rateLimits: [STATE] };
const anything: Requirement = {
  scopes: { allOf: [], anyOf: [] },
  tenant: undefined,
  clientAddress: undefined,
};
const asGlobex: Requirement = { ...anything, tenant: { orgId: 'globex' } };

let time: number;
let readClock: jest.Mock<Date>;
let repository: MemoryApiKeyRepository;
let consume: jest.Mock<Promise<Consumption>, [readonly Charge[], number]>;
let countUse: jest.SpyInstance;
let reportReuse: jest.SpyInstance;
let verifier: KeyVerifier;

beforeEach(() => {
  time = 10_000;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  readClock = jest.fn(() => new Date(NOON));
  repository = new MemoryApiKeyRepository(new StorageConfig().permitVolatile('the store of this test'));
  consume = jest.fn<Promise<Consumption>, [readonly Charge[], number]>(async () => HAS_ROOM);
  const options = { storage: 'memory' } as const;
  const usage = new UsageRecorder(null, options);
  const reuse = new ReuseRecorder(repository, { now: readClock });
  countUse = jest.spyOn(usage, 'count');
  reportReuse = jest.spyOn(reuse, 'report');
  const fresh = new FreshKeys(repository, options);
  verifier = new KeyVerifier(fresh, options, { now: readClock }, { consume }, reuse, usage);
});
afterEach(() => jest.restoreAllMocks());

/** Returns the counted requests: key, outcome, cost and time. */
function counted(): readonly (readonly unknown[])[] {
  return countUse.mock.calls.map(([{ id }, outcome, cost, at]: readonly unknown[] & [{ id: string }]) => [
    id,
    outcome,
    cost,
    at,
  ]);
}

/** A cached key of acme, and its token. */
async function holder(fields: Partial<ApiKeyWithHistory> = {}): Promise<{ id: string; token: string }> {
  const { keyId: id, hash, token } = issueToken('kw', newKeyId(NOON));
  await repository.insert(aKey({ id, orgId: 'acme', secrets: [{ hash, createdAt: NOON }], ...fields }));
  await verifier.inspect(token, anything);
  readClock.mockClear();
  return { id, token };
}

/** A key of acme whose secret was replaced, and its previous token. */
async function formerHolder(part: Partial<KeySecret> = {}): Promise<{ id: string; token: string }> {
  const { keyId: id, hash, token } = issueToken('kw', newKeyId(NOON));
  const secrets = [
    { hash, createdAt: NOON, retiresAt: NOON, ...part },
    { hash: 'cc'.repeat(32), createdAt: NOON },
  ];
  await repository.insert(aKey({ id, orgId: 'acme', secrets }));
  return { id, token };
}

describe('a use of a key', () => {
  it('is counted once, at the time of the use, if the key is valid', async () => {
    const { id, token } = await holder();
    expect(await verifier.verify(token, anything)).toMatchObject({ code: 'VALID', key: { id } });
    expect(counted()).toEqual([[id, 'VALID', 1, NOON.getTime()]]);
  });

  it('is counted at the time of the decision if the key was not cached', async () => {
    const { keyId: id, hash, token } = issueToken('kw', newKeyId(NOON));
    await repository.insert(aKey({ id, secrets: [{ hash, createdAt: NOON }] }));
    await verifier.verify(token, anything);
    expect(counted()).toEqual([[id, 'VALID', 1, NOON.getTime()]]);
  });

  it('is counted with its outcome if the key is rejected, and not at all if it is only inspected', async () => {
    const { id, token } = await holder({ rateLimits: [LIMIT] });
    expect(await verifier.verify(token, asGlobex)).toMatchObject({ code: 'BINDING_MISMATCH' });
    expect(await verifier.inspect(token, anything)).toMatchObject({ code: 'VALID' });
    expect(await verifier.verify('nonsense', anything)).toMatchObject({ code: 'MALFORMED' });
    expect(counted()).toEqual([[id, 'BINDING_MISMATCH', 1, NOON.getTime()]]);
    expect(consume).not.toHaveBeenCalled();
  });

  it('reads the clock only if the key has an expiry', async () => {
    const [lasting, ending] = [await holder(), await holder({ expiresAt: new Date(NOON.getTime() + 1) })];
    expect(await verifier.inspect(lasting.token, anything)).toMatchObject({ code: 'VALID' });
    expect(readClock).not.toHaveBeenCalled();
    expect(await verifier.inspect(ending.token, anything)).toMatchObject({ code: 'VALID' });
    expect(readClock).toHaveBeenCalledTimes(1);
  });
});

describe('a key with a rate limit', () => {
  it('is counted under its id, and gets VALID with the state of its limit', async () => {
    const { id, token } = await holder({ rateLimits: [LIMIT] });
    const answer = await verifier.verify(token, anything);
    expect(answer).toMatchObject({ code: 'VALID', key: { id }, rateLimits: [{ remaining: 4 }] });
    expect(consume.mock.calls).toEqual([[[{ kind: 'key', id, limits: [LIMIT] }], 1]]);
    expect(counted()).toEqual([[id, 'VALID', 1, NOON.getTime()]]);
  });

  it('is counted with the cost of the request, and not at all if the cost is 0', async () => {
    const { id, token } = await holder({ rateLimits: [LIMIT] });
    await verifier.verify(token, anything, { cost: 5 });
    expect(await verifier.verify(token, anything, { cost: 0 })).toMatchObject({ code: 'VALID', key: { id } });
    expect(consume.mock.calls.map(([, cost]) => cost)).toEqual([5]);
    expect(counted().map(([, , cost]) => cost)).toEqual([5, 0]);
  });

  it.each([-1, 1001, 0.5, Number.NaN, '5', null])('is rejected with the invalid cost %p', async (cost) => {
    const { token } = await holder({ rateLimits: [LIMIT] });
    const verifying = verifier.verify(token, anything, { cost: cost as number });
    await expect(verifying).rejects.toThrow('cost must be a whole number from 0 to 1000');
    expect(consume).not.toHaveBeenCalled();
  });

  it('gets RATE_LIMITED without a time if the request costs more than its limit allows', async () => {
    const { token } = await holder({ rateLimits: [LIMIT] });
    consume.mockResolvedValue({ rateLimits: [STATE], refusedBy: STATE });
    const answer = await verifier.verify(token, anything, { cost: 6 });
    expect(answer).toMatchObject({ code: 'RATE_LIMITED', refusedBy: STATE, retryAfter: undefined });
  });

  it('gets RATE_LIMITED if the limit is used up, and is counted so', async () => {
    const { id, token } = await holder({ rateLimits: [LIMIT] });
    const full = { ...STATE, remaining: 0, resetSeconds: 7 };
    consume.mockResolvedValue({ rateLimits: [full], refusedBy: full });
    const answer = await verifier.verify(token, anything);
    expect(answer).toMatchObject({ code: 'RATE_LIMITED', key: { id }, rateLimits: [full], retryAfter: 7 });
    expect(answer.secret?.createdAt).toEqual(NOON);
    expect(counted().map(([, outcome]) => outcome)).toEqual(['RATE_LIMITED']);
  });

  it.each([
    [100, 'VALID'],
    [101, 'REVOKED'],
  ])('that is revoked during a limiter call of %i ms gets %s', async (delayMs, code) => {
    const { id, token } = await holder({ rateLimits: [LIMIT] });
    consume.mockImplementation(async () => {
      time += delayMs;
      const before = await repository.findWithHistory(id);
      if (before !== null) await repository.replace({ ...before, version: 2, revokedAt: NOON });
      return HAS_ROOM;
    });
    const answer = await verifier.verify(token, anything);
    expect(answer.code).toBe(code);
    expect(counted().map(([, outcome]) => outcome)).toEqual([code]);
  });

  it('gets VALID if it is still valid after a slow limiter call', async () => {
    const { token } = await holder({ rateLimits: [LIMIT] });
    consume.mockImplementation(async () => {
      time += 700;
      return HAS_ROOM;
    });
    expect(await verifier.verify(token, anything)).toMatchObject({
      code: 'VALID',
      rateLimits: [{ remaining: 4 }],
    });
  });
});

describe('a previous secret after its grace period', () => {
  it('gets ROTATED, and its first use is recorded', async () => {
    const { id, token } = await formerHolder();
    expect(await verifier.verify(token, anything)).toMatchObject({ code: 'ROTATED', key: { id } });
    const stored = await repository.find(id);
    expect(stored?.secrets.map(({ reusedAt }) => reusedAt)).toEqual([NOON, undefined]);
    expect(counted()).toEqual([[id, 'ROTATED', 1, NOON.getTime()]]);
  });

  it('gets ROTATED only after its first use is recorded', async () => {
    const { token } = await formerHolder();
    const reports = new HeldReads<true>();
    reportReuse.mockImplementation(async () => reports.load('of the reuse'));
    let code: string | undefined;
    const answering = verifier.verify(token, anything).then((answer) => (code = answer.code));
    await settled();
    expect(code).toBeUndefined();
    reports.at(0).answer(true);
    await answering;
    expect(code).toBe('ROTATED');
  });

  it('gets ROTATED synchronously if its first use is already recorded', async () => {
    const { token } = await formerHolder({ reusedAt: NOON });
    await verifier.inspect(token, anything);
    reportReuse.mockClear();
    expect(verifier.verifyNow(token, anything)).toMatchObject({ code: 'ROTATED' });
    expect(reportReuse).toHaveBeenCalledTimes(1);
  });

  it('is reported only with ROTATED, not with other codes', async () => {
    const { token } = await holder({ enabled: false });
    expect(await verifier.verify(token, anything)).toMatchObject({ code: 'DISABLED' });
    expect(reportReuse).not.toHaveBeenCalled();
  });
});

describe('a store whose results are always out of date', () => {
  it('is read again for less than two seconds, and then causes StorageUnavailableError', async () => {
    const reads = new HeldReads<ApiKeyWithHistory>();
    const slow = { find: reads.load, changes: undefined } as unknown as MemoryApiKeyRepository;
    const options = { storage: slow };
    const usage = new UsageRecorder(null, options);
    const reuse = new ReuseRecorder(slow, { now: readClock });
    const fresh = new FreshKeys(slow, options);
    verifier = new KeyVerifier(fresh, options, { now: readClock }, { consume }, reuse, usage);
    const { keyId: id, hash, token } = issueToken('kw', newKeyId(NOON));
    const key = aKey({ id, secrets: [{ hash, createdAt: NOON }] });

    const answer = verifier.verify(token, anything).catch((error: unknown) => error);
    for (let read = 0; read < 3; read += 1) {
      time += 800;
      reads.at(read).answer(key);
      await settled();
    }
    expect(await answer).toBeInstanceOf(StorageUnavailableError);
    expect(reads.begun).toHaveLength(3);
    await fresh.beforeApplicationShutdown();
  });
});

/** The requirement of the guard for a route of this organisation. */
function ofGuard(orgId: string): Requirement {
  return new RequestRequirement(anything.scopes, { orgId }, {}, () => '203.0.113.7', false);
}

it('a slow rate limiter does not change a decision of the guard: VALID, or BINDING_MISMATCH for another tenant', async () => {
  const { token } = await holder({ rateLimits: [LIMIT] });
  consume.mockImplementation(async () => {
    time += 101;
    return HAS_ROOM;
  });
  expect(await verifier.verifyNow(token, ofGuard('acme'))).toMatchObject({ code: 'VALID' });
  expect(await verifier.verifyNow(token, ofGuard('globex'))).toMatchObject({ code: 'BINDING_MISMATCH' });
});
