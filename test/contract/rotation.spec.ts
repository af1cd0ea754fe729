import { RotationConflictError } from '../../src/api-keys/management/api-keys.errors';
import { ApiKeysService } from '../../src/api-keys/management/api-keys.service';
import type { ApiKeyWithHistory } from '../../src/api-keys/domain/api-key';
import { callerOf, rootCaller } from '../../src/api-keys/domain/caller';
import { systemClock } from '../../src/api-keys/ports/clock';
import { hashToken } from '../../src/api-keys/domain/token/key-token';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import { MeetingRepository } from '../support/meeting-repository';
import { startService, type TestService } from '../support/service';
import { storedKey, storeOf } from '../support/stored-key';

const root = rootCaller('system');

function keysOver(repository: ApiKeyRepository): ApiKeysService {
  return new ApiKeysService(repository, { storage: repository }, systemClock);
}

describe.each(['memory', 'mongo'] as const)('concurrent rotations of a key, in a %s store,', (storage) => {
  let service: TestService;
  let store: ApiKeyRepository;

  beforeAll(async () => {
    service = await startService(storage);
    store = storeOf(service);
  });
  afterAll(async () => service.stop());

  it.each([
    ['by an operator, without a grace period', {}, {}],
    ['by an operator, with a grace period', { gracePeriodSeconds: 3600 }, { gracePeriodSeconds: 60 }],
    ['by an operator, with and without a grace period', { gracePeriodSeconds: 3600 }, {}],
  ] as const)('succeed once and give the other caller a conflict: %s', async (_name, first, second) => {
    const { key, token } = await service.issue({});
    const keys = keysOver(new MeetingRepository(store, 2));
    const outcomes = await Promise.allSettled(
      [first, second].map(async (options) => keys.rotate(root, key.id, options)),
    );
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const lost = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    expect([won.length, lost.length]).toEqual([1, 1]);
    expect(lost[0]).toBeInstanceOf(RotationConflictError);

    const { secrets, version, history } = await storedKey(service, key.id);
    expect(secrets.map(({ hash }) => hash)).toEqual([hashToken(token), hashToken(won[0]?.token ?? '')]);
    expect(secrets.map(({ retiresAt }) => retiresAt === undefined)).toEqual([false, true]);
    expect([version, history.map(({ action }) => action)]).toEqual([2, ['created', 'rotated']]);
  });

  it('prevent a revocation with the previous token, even if it was verified earlier [T95]', async () => {
    const { key } = await service.issue({});
    const keys = keysOver(store);
    const verifiedBefore = callerOf(key, key.secrets[0]);
    await keys.rotate(root, key.id, { gracePeriodSeconds: 3600 });
    await expect(keys.revoke(verifiedBefore, key.id)).rejects.toThrow(RotationConflictError);
    const { secrets, revokedAt } = await storedKey(service, key.id);
    expect(revokedAt).toBeUndefined();
    await keys.revoke(callerOf(key, secrets[1]), key.id);
    expect((await storedKey(service, key.id)).revokedAt).toBeDefined();
  });

  it('succeed once and give a conflict if the key itself and an operator rotate it', async () => {
    const { key } = await service.issue({});
    const keys = keysOver(new MeetingRepository(store, 2));
    const [secret] = key.secrets;
    const both = [callerOf(key, secret), root];
    const outcomes = await Promise.allSettled(both.map(async (caller) => keys.rotate(caller, key.id)));
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome] : []));
    expect(errors.map(({ reason }) => (reason as Error).constructor)).toEqual([RotationConflictError]);
    expect((await storedKey(service, key.id)).version).toBe(2);
  });

  it('succeed exactly once if 20 callers rotate the key [T51]', async () => {
    const { key } = await service.issue({});
    const keys = keysOver(new MeetingRepository(store, 20));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, async () => keys.rotate(root, key.id)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { secrets } = await storedKey(service, key.id);
    expect(secrets.filter(({ retiresAt }) => retiresAt === undefined)).toHaveLength(1);
  });

  it('succeed together with a rename, because a rename keeps the secret', async () => {
    const { key } = await service.issue({});
    const keys = keysOver(new MeetingRepository(store, 2));
    const [rotated, renamed] = await Promise.all([
      keys.rotate(root, key.id),
      keys.update(root, key.id, { name: 'renamed' }),
    ]);
    expect(rotated.token).not.toBe('');
    expect(renamed.name).toBe('renamed');
    const stored = await storedKey(service, key.id);
    expect([stored.name, stored.secrets.length, stored.version]).toEqual(['renamed', 2, 3]);
    expect(stored.history.map(({ action }) => action).toSorted()).toEqual(['created', 'rotated', 'updated']);
  });

  it('never undo a concurrent revocation', async () => {
    const { key, token } = await service.issue({});
    const keys = keysOver(new MeetingRepository(store, 2));
    await Promise.allSettled([keys.rotate(root, key.id), keys.revoke(root, key.id)]);
    const stored = await storedKey(service, key.id);
    expect(stored.history.at(-1)?.action).toBe('revoked');
    expect(stored.revokedBy).toBe('system');
    expect((await service.as(token).get('/v1/api-keys/self')).status).toBe(401);
  });

  it('are rejected if a concurrent change gives the key more scopes than the caller has', async () => {
    const { key } = await service.issue({ scopes: ['memory:read'] });
    const caller = { ...root, grant: { scopes: ['memory:read'], allowedIps: [], rateLimits: [] } };
    const overtaken = new OvertakenRepository(store, async () => {
      await keysOver(store).update(root, key.id, { scopes: ['memory:*'] });
    });
    await expect(keysOver(overtaken).rotate(caller, key.id)).rejects.toMatchObject({
      code: 'delegation_exceeded',
      extensions: { exceeded: ['scopes'] },
    });
    const { secrets, version } = await storedKey(service, key.id);
    expect([secrets.length, version]).toEqual([1, 2]);
  });
});

/** A store in which another caller changes a key between the first read and the write. */
class OvertakenRepository extends MeetingRepository {
  private overtaken = false;

  constructor(
    inner: ApiKeyRepository,
    private readonly rival: () => Promise<void>,
  ) {
    super(inner, 1);
  }

  override async replace(key: ApiKeyWithHistory): Promise<boolean> {
    if (!this.overtaken) await this.rival();
    this.overtaken = true;
    return super.replace(key);
  }
}
