import { Logger } from '@nestjs/common';
import { register } from 'prom-client';
import { aKey } from '../../testing/contract/key-fixtures';
import { StorageConfig } from '../../config/storage.config';
import type { ApiKeyWithHistory, KeySecret } from '../domain/api-key';
import { changeEventOf, type KeyEvent } from '../domain/key-event';
import { MemoryApiKeyRepository } from '../storage/memory-api-key.repository';
import { REUSE_DETECTED, ReuseRecorder } from './reuse-recorder';

const NOON = new Date('2031-01-31T12:00:00.000Z');
const retired: KeySecret = { hash: 'aa'.repeat(32), createdAt: NOON, retiresAt: NOON };
const older: KeySecret = { hash: 'bb'.repeat(32), createdAt: NOON, retiresAt: NOON };
const current: KeySecret = { hash: 'cc'.repeat(32), createdAt: NOON };

let repository: MemoryApiKeyRepository;
let told: KeyEvent[];
let recorder: ReuseRecorder;
let acme: ApiKeyWithHistory;
let warned: jest.SpyInstance;

beforeEach(async () => {
  repository = new MemoryApiKeyRepository(new StorageConfig().permitVolatile('the store of this test'));
  told = [];
  const events = { changed: (key: ApiKeyWithHistory) => told.push(changeEventOf(key)) };
  recorder = new ReuseRecorder(repository, { now: () => new Date(NOON) }, events);
  acme = aKey({ orgId: 'acme', secrets: [older, retired, current] });
  await repository.insert(acme);
  await repository.insert(aKey({ orgId: 'globex', secrets: [retired] }));
  warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
});
afterEach(() => jest.restoreAllMocks());

async function stored(): Promise<ApiKeyWithHistory> {
  const key = await repository.findWithHistory(acme.id);
  if (key === null) throw new Error('the key is gone');
  return key;
}

async function uses(): Promise<number> {
  const metric = await register.getSingleMetric('keyward_retired_secret_uses_total')?.get();
  return metric?.values[0]?.value ?? 0;
}

describe('the first reuse of a previous secret', () => {
  it('is recorded in that secret only, and in the history of the key', async () => {
    await recorder.report(acme, retired);
    const key = await stored();
    expect(key.secrets).toEqual([older, { ...retired, reusedAt: NOON }, current]);
    expect(key.history.at(-1)).toMatchObject({ action: 'reused', by: 'system', at: NOON, version: 2 });
    expect(key.version).toBe(2);
  });

  it('emits an api-key.reuse_detected event', async () => {
    await recorder.report(acme, retired);
    expect(told).toMatchObject([{ type: REUSE_DETECTED, keyId: acme.id, orgId: 'acme', actor: 'system' }]);
  });

  it('is recorded even if there is no listener', async () => {
    await new ReuseRecorder(repository, { now: () => NOON }).report(acme, retired);
    expect((await stored()).version).toBe(2);
    expect(warned).not.toHaveBeenCalled();
  });

  it('is recorded once for concurrent uses, which all wait for it', async () => {
    const find = jest.spyOn(repository, 'findWithHistory');
    await Promise.all(Array.from({ length: 20 }, async () => recorder.report(acme, retired)));
    expect(find).toHaveBeenCalledTimes(1);
    expect((await stored()).version).toBe(2);
    expect(told).toHaveLength(1);
  });

  it('is recorded once, even if another instance has already recorded it', async () => {
    await recorder.report(acme, retired);
    await recorder.report(acme, retired);
    expect((await stored()).version).toBe(2);
    expect(told).toHaveLength(1);
  });

  it('is recorded for each secret separately', async () => {
    await Promise.all([recorder.report(acme, retired), recorder.report(acme, older)]);
    expect((await stored()).secrets.map(({ reusedAt }) => reusedAt)).toEqual([NOON, NOON, undefined]);
    expect(told).toHaveLength(2);
  });

  it('is recorded in the history even if the key no longer contains that secret', async () => {
    const forgotten = { ...retired, hash: 'dd'.repeat(32) };
    await recorder.report(acme, forgotten);
    const key = await stored();
    expect(key.history.at(-1)).toMatchObject({ action: 'reused', version: 2 });
    expect(key.secrets).toEqual(acme.secrets);
    expect(warned).not.toHaveBeenCalled();
  });

  it('is recorded despite concurrent changes to the key', async () => {
    const replace = jest
      .spyOn(repository, 'replace')
      .mockResolvedValueOnce(false)
      .mockResolvedValueOnce(false);
    await recorder.report(acme, retired);
    expect(replace).toHaveBeenCalledTimes(3);
    expect((await stored()).secrets[1]?.reusedAt).toEqual(NOON);
    expect(told).toHaveLength(1);
    expect(warned).not.toHaveBeenCalled();
  });
});

describe('a reuse that cannot be recorded', () => {
  it('is given up after five attempts, with a warning in the log', async () => {
    const replace = jest.spyOn(repository, 'replace').mockResolvedValue(false);
    await recorder.report(acme, retired);
    expect(replace).toHaveBeenCalledTimes(5);
    expect(told).toEqual([]);
    expect(warned).toHaveBeenCalledWith(
      'a reuse of a token was not recorded: too many concurrent changes to the key',
    );
  });

  it('is recorded when the secret is used again', async () => {
    jest.spyOn(repository, 'findWithHistory').mockRejectedValueOnce(new Error('the store is unreachable'));
    await recorder.report(acme, retired);
    expect(warned).toHaveBeenCalledWith('a reuse of a token was not recorded: the store is unreachable');
    expect((await stored()).version).toBe(1);
    await recorder.report(acme, retired);
    expect((await stored()).version).toBe(2);
  });

  it('is logged as an unknown error if the store throws a value that is not an Error', async () => {
    jest.spyOn(repository, 'findWithHistory').mockRejectedValueOnce({ hash: retired.hash });
    await recorder.report(acme, retired);
    expect(warned).toHaveBeenCalledWith('a reuse of a token was not recorded: unknown error');
  });

  it('is ignored if the key no longer exists', async () => {
    const replace = jest.spyOn(repository, 'replace');
    await recorder.report(aKey({ secrets: [retired] }), retired);
    expect(replace).not.toHaveBeenCalled();
    expect(warned).not.toHaveBeenCalled();
    expect(told).toEqual([]);
  });
});

describe('later reuses of a previous secret', () => {
  it('are counted and cause no writes', async () => {
    const find = jest.spyOn(repository, 'findWithHistory');
    const before = await uses();
    const noted = { ...retired, reusedAt: NOON };
    expect(recorder.report(acme, noted)).toBeUndefined();
    expect(recorder.report(acme, noted)).toBeUndefined();
    expect(find).not.toHaveBeenCalled();
    expect((await uses()) - before).toBe(2);
  });
});
