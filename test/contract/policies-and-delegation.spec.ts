import { ApiKeysService } from '../../src/api-keys/management/api-keys.service';
import type { ApiKey, Grant } from '../../src/api-keys/domain/api-key';
import { type Caller, callerOf, rootCaller } from '../../src/api-keys/domain/caller';
import type { CreateApiKey } from '../../src/api-keys/domain/new-key';
import { systemClock } from '../../src/api-keys/ports/clock';
import { LocalRateLimiter } from '../../src/api-keys/limits/local-rate-limiter';
import { KeyCeilings } from '../../src/api-keys/management/key-ceilings.service';
import { UsageRecorder } from '../../src/api-keys/usage/usage-recorder';
import { FreshKeys } from '../../src/api-keys/verification/fresh-keys';
import { KeyVerifier } from '../../src/api-keys/verification/key-verifier';
import { ReuseRecorder } from '../../src/api-keys/verification/reuse-recorder';
import { ALICE, BOB } from '../../src/testing/contract/key-fixtures';
import { StorageUnavailableError } from '../../src/problems/storage.errors';
import { ScriptedPolicies } from '../support/scripted-policies';
import { memoryRepository } from './opened-repository';

const root = rootCaller('system');
let policies: ScriptedPolicies;
let service: ApiKeysService;
let verifier: KeyVerifier;

beforeEach(() => {
  const repository = memoryRepository();
  const options = { storage: repository };
  policies = new ScriptedPolicies();
  const fresh = new FreshKeys(repository, options, undefined, policies);
  service = new ApiKeysService(
    repository,
    options,
    systemClock,
    new KeyCeilings(repository, systemClock, policies),
  );
  const reuse = new ReuseRecorder(repository, systemClock);
  const usage = new UsageRecorder(null, options);
  verifier = new KeyVerifier(fresh, options, systemClock, new LocalRateLimiter(), reuse, usage);
});

/** Creates a key, and returns it as a caller, as the guard does for a route that changes keys. */
async function holder(request: Partial<CreateApiKey>): Promise<Caller & { readonly token: string }> {
  const { token } = await service.create(root, { name: 'holder', scopes: ['*'], orgId: 'acme', ...request });
  return { ...(await present(token)), token };
}

async function present(token: string): Promise<Caller> {
  const anything = { scopes: { allOf: [], anyOf: [] }, tenant: undefined, clientAddress: undefined };
  const verified = await verifier.verify(token, anything, { noCache: true });
  if (verified.code !== 'VALID') throw new Error(verified.code);
  return callerOf(verified.key, verified.secret);
}

function session(grant: Partial<Grant> = {}): Caller {
  return {
    actor: `user:${ALICE}`,
    userId: ALICE,
    scopes: ['api-keys:read', 'api-keys:write'],
    grant: { ownerId: ALICE, scopes: ['memory:*'], allowedIps: [], rateLimits: [], ...grant },
    orgIds: ['acme', 'globex'],
    boundByMaxTtl: true,
  };
}

async function made(by: Caller, request: Partial<CreateApiKey> = {}): Promise<ApiKey> {
  return (await service.create(by, { name: 'made', scopes: ['memory:read'], ...request })).key;
}

const exceeded = { code: 'delegation_exceeded', extensions: { exceeded: ['scopes'] } };
const forbidden = { code: 'forbidden' };

describe('a key that a policy narrows to memory:read', () => {
  let narrow: Caller & { readonly token: string };

  beforeEach(async () => {
    const { token } = await holder({ name: 'narrow' });
    policies.set('org:acme', { allowedScopes: ['memory:read', 'api-keys:*'] });
    narrow = { ...(await present(token)), token };
  });

  it('cannot create, widen, enable or rotate a key with more, which would come alive later [T130]', async () => {
    const wide = await made(root, { orgId: 'acme', scopes: ['memory:*'] });
    const off = await made(root, { orgId: 'acme', scopes: ['memory:*'], enabled: false });
    const small = await made(narrow);
    await expect(made(narrow, { scopes: ['memory:*'] })).rejects.toMatchObject(exceeded);
    await expect(service.update(narrow, small.id, { scopes: ['*'] })).rejects.toMatchObject(exceeded);
    await expect(service.update(narrow, off.id, { enabled: true })).rejects.toMatchObject(exceeded);
    await expect(service.rotate(narrow, wide.id)).rejects.toMatchObject(exceeded);
    expect((await service.get(root, small.id)).scopes).toEqual(['memory:read']);
    expect((await service.get(root, off.id)).enabled).toBe(false);
  });

  it('can create, rotate, narrow, disable and revoke keys that it covers', async () => {
    const small = await made(narrow);
    const { token } = await service.rotate(narrow, small.id);
    expect((await present(token)).scopes).toEqual(['memory:read']);
    const wide = await made(root, { orgId: 'acme', scopes: ['memory:*'] });
    expect(await service.update(narrow, wide.id, { scopes: ['memory:write'] })).toMatchObject({ version: 2 });
    expect((await service.update(narrow, wide.id, { enabled: false })).enabled).toBe(false);
    expect((await service.revoke(narrow, wide.id)).revokedAt).toBeDefined();
  });

  it('can rotate itself, and its new token is narrowed alike, until the policy goes [T130]', async () => {
    const { token } = await service.rotate(narrow, narrow.presented?.keyId ?? '');
    expect((await present(token)).scopes).toEqual(['memory:read', 'api-keys:*']);
    policies.remove('org:acme');
    expect((await present(token)).scopes).toEqual(['*']);
  });

  it('cannot widen itself', async () => {
    const { token } = await holder({ expiresAt: new Date(Date.now() + 60_000) });
    const caller = await present(token);
    const later = { expiresAt: new Date(Date.now() + 30_000) };
    const id = caller.presented?.keyId ?? '';
    await service.update(caller, id, later);
    await expect(
      service.update(await present(token), id, { expiresAt: new Date(Date.now() + 50_000) }),
    ).rejects.toMatchObject({ code: 'delegation_exceeded' });
  });

  it('loses users:write with the policy, and so cannot choose owners', async () => {
    await expect(made(narrow, { ownerId: BOB })).rejects.toMatchObject({
      code: 'delegation_exceeded',
      extensions: { exceeded: ['ownerId'] },
    });
  });

  it('does not affect keys of another organisation, nor unbound ones', async () => {
    const [globex, unbound] = [await holder({ orgId: 'globex' }), await holder({ orgId: undefined })];
    for (const each of [globex, unbound])
      expect((await made(each, { scopes: ['memory:*'] })).version).toBe(1);
  });
});

describe('a session', () => {
  it('gives at most what the policies of its owner and of the organisation allow [T131]', async () => {
    policies.set('org:acme', { allowedScopes: ['memory:read', 'notes:*'] });
    expect(await made(session(), { orgId: 'acme' })).toMatchObject({ scopes: ['memory:read'] });
    const wide = await made(session(), { orgId: 'globex', scopes: ['memory:*'] });
    await expect(made(session(), { orgId: 'acme', scopes: ['memory:*'] })).rejects.toMatchObject(exceeded);
    await expect(service.update(session(), wide.id, { orgId: 'acme' })).rejects.toMatchObject(exceeded);

    policies.set(`owner:${ALICE}`, { allowedScopes: ['memory:write'] });
    await expect(made(session(), { orgId: 'globex' })).rejects.toMatchObject(exceeded);
    await expect(service.rotate(session(), wide.id)).rejects.toMatchObject(exceeded);
    expect(await made(session(), { orgId: 'globex', scopes: ['memory:write'] })).toMatchObject({
      version: 1,
    });
    expect(await service.update(session(), wide.id, { enabled: false })).toMatchObject({ enabled: false });
    await expect(service.update(session(), wide.id, { enabled: true })).rejects.toMatchObject(exceeded);
  });

  it.each(['org:acme', `owner:${ALICE}`] as const)(
    'reads, disables and revokes keys while %s is suspended, and gives nothing [T131]',
    async (id) => {
      const key = await made(session(), { orgId: 'acme' });
      const off = await made(session(), { orgId: 'acme', enabled: false });
      policies.set(id, { suspended: true });
      await expect(made(session(), { orgId: 'acme' })).rejects.toMatchObject(forbidden);
      await expect(made(session(), { orgId: 'acme', scopes: [] })).rejects.toMatchObject(forbidden);
      await expect(service.update(session(), off.id, { enabled: true })).rejects.toMatchObject(forbidden);
      await expect(service.rotate(session(), key.id)).rejects.toMatchObject(forbidden);
      expect(await service.get(session(), key.id)).toMatchObject({ id: key.id, version: 1 });
      expect((await service.update(session(), key.id, { scopes: [], enabled: false })).enabled).toBe(false);
      expect((await service.revoke(session(), key.id)).revokedAt).toBeDefined();
    },
  );

  it('falls under the default policy in an organisation without its own', async () => {
    policies.set('default', { allowedScopes: [] });
    await expect(made(session(), { orgId: 'acme' })).rejects.toMatchObject(exceeded);
    policies.set('org:acme', {});
    expect(await made(session(), { orgId: 'acme' })).toMatchObject({ scopes: ['memory:read'] });
  });

  it('gives nothing while policies cannot be read, but can still narrow and revoke', async () => {
    const key = await made(session(), { orgId: 'acme' });
    policies.fault = new StorageUnavailableError(new Error('unreachable'));
    await expect(made(session(), { orgId: 'acme' })).rejects.toBe(policies.fault);
    await expect(service.rotate(session(), key.id)).rejects.toBe(policies.fault);
    expect((await service.update(session(), key.id, { enabled: false })).enabled).toBe(false);
    expect((await service.revoke(session(), key.id)).revokedAt).toBeDefined();
  });

  it('of an administrator, and the CLI, are under no policy', async () => {
    policies.set('org:acme', { suspended: true, allowedScopes: [] });
    const administrator = { ...rootCaller(`user:${BOB}`), userId: BOB };
    for (const each of [administrator, root])
      expect(await made(each, { orgId: 'acme' })).toMatchObject({ version: 1 });
  });
});
