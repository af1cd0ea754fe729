import type { ApiKeysOptions } from '../../src/api-keys/options/api-keys.options';
import { ApiKeysService } from '../../src/api-keys/management/api-keys.service';
import type { CreateApiKey } from '../../src/api-keys/domain/new-key';
import type { ApiKey, Grant } from '../../src/api-keys/domain/api-key';
import { type Caller, callerOf, rootCaller } from '../../src/api-keys/domain/caller';
import type { KeyPatch } from '../../src/api-keys/domain/key-patch';
import { hashToken } from '../../src/api-keys/domain/token/key-token';
import { TestClock } from 'keyward/testing';
import { aKey, ALICE, BOB } from '../../src/testing/contract/key-fixtures';
import { memoryRepository } from './opened-repository';

const NOW = new Date('2030-06-15T12:00:00Z');
const DAY = 86_400_000;

const root = rootCaller('system');
let clock: TestClock;
let service: ApiKeysService;

function serve(options: Partial<ApiKeysOptions> = {}): ApiKeysService {
  const repository = memoryRepository();
  clock = new TestClock();
  clock.set(NOW);
  service = new ApiKeysService(repository, { storage: repository, ...options }, clock);
  return service;
}

beforeEach(() => {
  serve();
});

/** Returns the moment this many days from now. */
function inDays(days: number): Date {
  return new Date(clock.now().getTime() + days * DAY);
}

/** A key as its creator reads it afterwards. */
async function made(request: Partial<CreateApiKey> = {}, by: Caller = root): Promise<ApiKey> {
  const { key } = await service.create(by, { name: 'made', scopes: [], ...request });
  return service.get(by, key.id);
}

/** Returns a caller whose key holds exactly this. */
function holder(grant: Partial<Grant>): Caller {
  return callerOf(aKey({ scopes: [], ...grant }));
}

function exceeding(...exceeded: string[]): object {
  return { code: 'delegation_exceeded', extensions: { exceeded } };
}

async function refusal(attempt: Promise<unknown>): Promise<unknown> {
  try {
    await attempt;
  } catch (error) {
    return error;
  }
  throw new Error('the call succeeded, but must be rejected');
}

const BOUNDED: Grant = {
  scopes: ['memory:*', 'api-keys:write'],
  orgId: 'acme',
  projectId: 'website',
  ownerId: ALICE,
  expiresAt: new Date(NOW.getTime() + 10 * DAY),
  allowedIps: ['203.0.113.0/24'],
  rateLimits: [{ name: 'default', limit: 100, windowSeconds: 60 }],
};

describe('a caller that creates a key', () => {
  it('gets the token once, and the record contains only its hash', async () => {
    const { key, token } = await service.create(root, { name: 'ingest', scopes: ['memory:write'] });
    expect(token).toMatch(new RegExp(`^kw_${key.id}_`));
    expect(key.secrets).toEqual([{ hash: hashToken(token), createdAt: NOW }]);
    expect(JSON.stringify(await service.history(root, key.id))).not.toContain(token);
  });

  it('is recorded in createdBy, and the history starts with a "created" entry', async () => {
    const caller = holder({ scopes: ['memory:read'] });
    const key = await made({ scopes: ['memory:read'] }, caller);
    const { history, historyDropped } = await service.history(root, key.id);
    expect(key).toMatchObject({ createdBy: caller.actor, version: 1, createdAt: NOW, updatedAt: NOW });
    expect(history).toEqual([
      { changeId: expect.any(String), action: 'created', at: NOW, by: caller.actor, version: 1 },
    ]);
    expect(historyDropped).toBe(0);
  });

  it('gets a token with the first configured prefix', async () => {
    serve({ tokens: { prefixes: ['acme_live', 'acme_test'] } });
    const { token } = await service.create(root, { name: 'made', scopes: [] });
    expect(token).toMatch(/^acme_live_/);
  });

  it('passes its own limits on to the new key if the request omits them', async () => {
    const { scopes: _scopes, ...limits } = BOUNDED;
    await expect(made({ scopes: ['memory:read'] }, holder(BOUNDED))).resolves.toMatchObject(limits);
  });

  it('grants no scopes if the request lists none', async () => {
    await expect(made({ scopes: [] }, holder(BOUNDED))).resolves.toMatchObject({ scopes: [] });
    await expect(made({ scopes: [] })).resolves.toMatchObject({ scopes: [] });
  });

  it('can restrict scopes, expiry, addresses and rate limit below its own', async () => {
    const less = {
      scopes: ['memory:read'],
      expiresAt: inDays(9),
      allowedIps: ['203.0.113.7'],
      rateLimits: [{ name: 'default', limit: 99, windowSeconds: 61 }],
    };
    await expect(made(less, holder(BOUNDED))).resolves.toMatchObject({ ...less, orgId: 'acme' });
  });

  it.each(['orgId', 'projectId', 'ownerId', 'expiresAt', 'allowedIps', 'rateLimits'] as const)(
    'cannot set %s to null if its own key is limited by that field',
    async (field) => {
      await expect(made({ [field]: null }, holder(BOUNDED))).rejects.toMatchObject(exceeding(field));
    },
  );

  it('can set every limit to null if its own key has no limits', async () => {
    const cleared = {
      orgId: null,
      projectId: null,
      ownerId: null,
      expiresAt: null,
      allowedIps: null,
      rateLimits: null,
    };
    const key = await made(cleared, holder({ scopes: ['memory:read'] }));
    expect(key).toMatchObject({ allowedIps: [], rateLimits: [] });
    for (const field of ['orgId', 'projectId', 'ownerId', 'expiresAt'] as const) {
      expect(key[field]).toBeUndefined();
    }
  });

  it('gets all fields that exceed its rights in one error, and no key is created', async () => {
    const tooMuch: CreateApiKey = {
      name: 'greedy',
      scopes: ['memory:read', 'billing:read'],
      orgId: 'globex',
      projectId: 'other',
      ownerId: BOB,
      expiresAt: inDays(11),
      allowedIps: ['203.0.113.7', '198.51.100.7'],
      rateLimits: [{ name: 'default', limit: 100, windowSeconds: 59 }],
    };
    await expect(service.create(holder(BOUNDED), tooMuch)).rejects.toMatchObject(
      exceeding('scopes', 'orgId', 'projectId', 'ownerId', 'expiresAt', 'allowedIps', 'rateLimits'),
    );
    await expect(service.list(root, { limit: 10 })).resolves.toEqual({ data: [], nextCursor: null });
  });

  it('cannot grant * when it holds only the wildcard of one resource', async () => {
    await expect(made({ scopes: ['*'] }, holder({ scopes: ['memory:*'] }))).rejects.toMatchObject(
      exceeding('scopes'),
    );
  });

  it('cannot create a key that is already expired', async () => {
    for (const expiresAt of [inDays(-1), clock.now()]) {
      await expect(made({ expiresAt })).rejects.toMatchObject({
        code: 'validation_failed',
        extensions: { errors: [{ field: '/expiresAt', message: 'must be in the future' }] },
      });
    }
    await expect(made({ expiresAt: new Date(NOW.getTime() + 1) })).resolves.toBeDefined();
  });

  describe('with an owner', () => {
    it('needs users:write to set an owner other than its own', async () => {
      await expect(made({ ownerId: BOB }, holder({ scopes: ['api-keys:write'] }))).rejects.toMatchObject(
        exceeding('ownerId'),
      );
      await expect(made({ ownerId: BOB }, holder({ scopes: ['users:write'] }))).resolves.toMatchObject({
        ownerId: BOB,
      });
      await expect(made({ ownerId: ALICE }, holder({ ownerId: ALICE }))).resolves.toMatchObject({
        ownerId: ALICE,
      });
    });

    it('cannot set another owner if it has an owner itself, even with users:write', async () => {
      const caller = holder({ ownerId: ALICE, scopes: ['users:write'] });
      await expect(made({ ownerId: BOB }, caller)).rejects.toMatchObject(exceeding('ownerId'));
    });
  });
});

describe('a caller with a maximum key lifetime of 30 days', () => {
  const caller = holder({ scopes: ['memory:read'] });

  beforeEach(() => {
    serve({ tokens: { maxTtlDays: 30 } });
  });

  it('gets a key that expires in 30 days if the request names no expiry', async () => {
    await expect(made({}, caller)).resolves.toMatchObject({ expiresAt: inDays(30) });
  });

  it('gets a key with its own expiry if that is earlier', async () => {
    await expect(made({}, holder({ expiresAt: inDays(10) }))).resolves.toMatchObject({
      expiresAt: inDays(10),
    });
    await expect(made({}, holder({ expiresAt: inDays(100) }))).resolves.toMatchObject({
      expiresAt: inDays(30),
    });
  });

  it('can set an expiry within 30 days, but no later one and not null', async () => {
    await expect(made({ expiresAt: inDays(30) }, caller)).resolves.toMatchObject({ expiresAt: inDays(30) });
    for (const expiresAt of [new Date(inDays(30).getTime() + 1), null]) {
      await expect(made({ expiresAt }, caller)).rejects.toMatchObject({
        code: 'validation_failed',
        extensions: {
          errors: [{ field: '/expiresAt', message: 'must be no later than 2030-07-15T12:00:00.000Z' }],
        },
      });
    }
  });

  it('cannot bypass the maximum with an invalid date [T12]', async () => {
    const none = new Date('someday');
    const invalid = { code: 'validation_failed', extensions: { errors: [{ field: '/expiresAt' }] } };
    await expect(made({ expiresAt: none }, caller)).rejects.toMatchObject(invalid);
    const key = await made({}, caller);
    await expect(service.update(caller, key.id, { expiresAt: none })).rejects.toMatchObject(invalid);
  });

  it('can extend the expiry to at most 30 days after the time of the change', async () => {
    const key = await made({}, caller);
    clock.advance(10 * DAY);
    await expect(service.update(caller, key.id, { expiresAt: inDays(30) })).resolves.toMatchObject({
      expiresAt: new Date(NOW.getTime() + 40 * DAY),
    });
    for (const expiresAt of [new Date(inDays(30).getTime() + 1), null]) {
      await expect(service.update(caller, key.id, { expiresAt })).rejects.toMatchObject({
        code: 'validation_failed',
      });
    }
  });

  it('can rename a key to which the operator gave a longer lifetime', async () => {
    const key = await made({ expiresAt: inDays(365) });
    await expect(service.update(caller, key.id, { name: 'renamed' })).resolves.toMatchObject({
      name: 'renamed',
      expiresAt: inDays(365),
    });
  });

  it('is limited, but the operator can set any expiry or none', async () => {
    const key = await made({ expiresAt: inDays(365) });
    expect(key.expiresAt).toEqual(inDays(365));
    expect((await made()).expiresAt).toBeUndefined();
    const forever = await service.update(root, key.id, { expiresAt: null });
    expect(forever.expiresAt).toBeUndefined();
  });
});

describe('a caller that sees a key with more rights than the caller has', () => {
  const peer = holder({ orgId: 'acme', scopes: ['api-keys:write'] });
  let key: ApiKey;

  beforeEach(async () => {
    key = await made({
      orgId: 'acme',
      scopes: ['memory:*', 'billing:read'],
      expiresAt: inDays(30),
      rateLimits: [{ name: 'default', limit: 100, windowSeconds: 60 }],
    });
  });

  it.each<[string, KeyPatch]>([
    ['rename it', { name: 'renamed', description: 'narrowed', metadata: { by: 'peer' } }],
    ['take scopes from it', { scopes: ['memory:read'] }],
    ['take all scopes from it', { scopes: [] }],
    ['bind it to a project', { projectId: 'website' }],
    ['bring its expiry forward', { expiresAt: new Date(NOW.getTime() + DAY) }],
    ['restrict its addresses', { allowedIps: ['203.0.113.7'] }],
    ['lower its rate limit', { rateLimits: [{ name: 'default', limit: 10, windowSeconds: 60 }] }],
    ['disable it', { enabled: false }],
  ])('can %s', async (_what, patch) => {
    await expect(service.update(peer, key.id, patch)).resolves.toMatchObject({ ...patch, version: 2 });
    await expect(service.get(root, key.id)).resolves.toMatchObject(patch);
  });

  it('can revoke it', async () => {
    await expect(service.revoke(peer, key.id, 'leaked')).resolves.toMatchObject({ revokedAt: NOW });
  });

  it.each<[string, KeyPatch]>([
    ['add a scope to it', { scopes: ['memory:*', 'billing:read', 'api-keys:write'] }],
    ['widen a scope of it', { scopes: ['memory:*', 'billing:*'] }],
    ['replace a scope of it', { scopes: ['memory:*', 'billing:write'] }],
    ['extend its expiry', { expiresAt: new Date(NOW.getTime() + 31 * DAY) }],
    ['remove its expiry', { expiresAt: null }],
    ['raise its rate limit', { rateLimits: [{ name: 'default', limit: 101, windowSeconds: 60 }] }],
    ['remove its rate limit', { rateLimits: null }],
    [
      'remove its rate limit in a change that also restricts it',
      { scopes: ['memory:read'], enabled: false, rateLimits: null },
    ],
  ])('cannot %s', async (_what, patch) => {
    await expect(service.update(peer, key.id, patch)).rejects.toMatchObject(exceeding('scopes'));
    await expect(service.get(root, key.id)).resolves.toEqual(key);
  });

  it('cannot extend or clear the address allowlist of the key', async () => {
    await service.update(root, key.id, { allowedIps: ['203.0.113.0/24'] });
    for (const allowedIps of [null, [], ['203.0.113.0/24', '198.51.100.7']]) {
      await expect(service.update(peer, key.id, { allowedIps })).rejects.toMatchObject(exceeding('scopes'));
    }
  });

  it('cannot move it to another organisation, or remove its organisation', async () => {
    for (const orgId of ['globex', null]) {
      await expect(service.update(peer, key.id, { orgId })).rejects.toMatchObject(
        exceeding('scopes', 'orgId'),
      );
    }
  });

  it('cannot enable it again, even after disabling it itself', async () => {
    await service.update(peer, key.id, { enabled: false });
    await expect(service.update(peer, key.id, { enabled: true })).rejects.toMatchObject(exceeding('scopes'));
  });

  it('can enable the key again if the key has no more scopes than the caller', async () => {
    await service.update(peer, key.id, { enabled: false, scopes: ['api-keys:write'] });
    await expect(service.update(peer, key.id, { enabled: true })).resolves.toMatchObject({ enabled: true });
  });

  it('cannot set or remove the owner of the key without users:write', async () => {
    await expect(service.update(peer, key.id, { ownerId: BOB })).rejects.toMatchObject(exceeding('ownerId'));
    const registrar = holder({ orgId: 'acme', scopes: ['users:write'] });
    await expect(service.update(registrar, key.id, { ownerId: BOB })).resolves.toMatchObject({
      ownerId: BOB,
    });
    await expect(service.update(peer, key.id, { ownerId: null })).rejects.toMatchObject({
      code: 'delegation_exceeded',
    });
    await expect(service.get(root, key.id)).resolves.toMatchObject({ ownerId: BOB });
  });
});

describe('a caller that changes its own key', () => {
  let own: ApiKey;
  let caller: Caller;

  beforeEach(async () => {
    own = await made({ ...BOUNDED, scopes: ['memory:read', 'api-keys:write'] });
    caller = callerOf(own);
  });

  it.each<[string, KeyPatch]>([
    ['scopes', { scopes: ['memory:*', 'api-keys:write'] }],
    ['orgId', { orgId: null }],
    ['projectId', { projectId: 'other' }],
    ['ownerId', { ownerId: null }],
    ['expiresAt', { expiresAt: new Date(NOW.getTime() + 11 * DAY) }],
    ['allowedIps', { allowedIps: [] }],
    ['rateLimits', { rateLimits: null }],
  ])('cannot widen its %s [T12]', async (field, patch) => {
    await expect(service.update(caller, own.id, patch)).rejects.toMatchObject(exceeding(field));
    await expect(service.get(root, own.id)).resolves.toEqual(own);
  });

  it('can restrict, disable and revoke it', async () => {
    await service.update(caller, own.id, { scopes: ['memory:read'], expiresAt: inDays(1) });
    await service.update(caller, own.id, { enabled: false });
    await expect(service.revoke(caller, own.id)).resolves.toMatchObject({ revokedBy: `key:${own.id}` });
  });
});

describe('a caller of another tenant', () => {
  const globex = holder({ orgId: 'globex', scopes: ['*'] });
  let key: ApiKey;

  beforeEach(async () => {
    key = await made({ orgId: 'acme', ownerId: ALICE });
  });

  it.each<[string, (caller: Caller, id: string) => Promise<unknown>]>([
    ['reads', async (caller, id) => service.get(caller, id)],
    ['reads the history of', async (caller, id) => service.history(caller, id)],
    ['changes', async (caller, id) => service.update(caller, id, { name: 'taken over' })],
    ['sends an empty change of', async (caller, id) => service.update(caller, id, {})],
    [
      'makes a conditional change to',
      async (caller, id) => service.update(caller, id, {}, { ifVersion: [9] }),
    ],
    ['revokes', async (caller, id) => service.revoke(caller, id)],
  ])('that %s a key gets not_found, as for an unknown or malformed id [T14]', async (_what, act) => {
    const other = await refusal(act(globex, key.id));
    expect(other).toMatchObject({ code: 'not_found' });
    for (const id of [aKey().id, '', 'nonsense', '#hb:instance', key.id.toUpperCase(), `${key.id} `]) {
      const unknown = await refusal(act(globex, id));
      expect([unknown, Reflect.get(Object(unknown), 'message')]).toEqual([
        other,
        Reflect.get(Object(other), 'message'),
      ]);
    }
    await expect(service.get(root, key.id)).resolves.toEqual(key);
  });

  it('sees only keys of its own tenant in a list, with any filter', async () => {
    const mine = await made({}, globex);
    for (const query of [{}, { ownerId: ALICE }, { orgId: 'acme' }, { projectId: 'website' }]) {
      const { data } = await service.list(globex, { ...query, limit: 100 });
      expect(data.filter(({ id }) => id !== mine.id)).toEqual([]);
    }
    await expect(service.list(globex, { limit: 100 })).resolves.toMatchObject({ data: [{ id: mine.id }] });
  });

  it('sees no key without an organisation', async () => {
    const unbound = await made();
    await expect(service.get(globex, unbound.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('cannot see the key if only the project or the owner differs', async () => {
    for (const grant of [
      { orgId: 'acme', projectId: 'website' },
      { orgId: 'acme', ownerId: BOB },
    ]) {
      await expect(service.get(holder({ ...grant, scopes: ['*'] }), key.id)).rejects.toMatchObject({
        code: 'not_found',
      });
    }
    for (const grant of [{}, { orgId: 'acme' }, { ownerId: ALICE }]) {
      await expect(service.get(holder(grant), key.id)).resolves.toEqual(key);
    }
  });
});

describe('a key that is expired or revoked', () => {
  it('cannot get a new expiry when expired, but can be renamed and revoked', async () => {
    const key = await made({ expiresAt: inDays(1) });
    clock.advance(DAY - 1);
    await expect(service.update(root, key.id, { expiresAt: inDays(1) })).resolves.toMatchObject({
      version: 2,
    });
    clock.advance(DAY);
    for (const expiresAt of [inDays(1), null]) {
      await expect(service.update(root, key.id, { expiresAt })).rejects.toMatchObject({
        code: 'expired_key_unchangeable',
      });
    }
    const expired = await service.get(root, key.id);
    expect(service.statusOf(expired)).toBe('expired');
    await service.update(root, key.id, { name: 'renamed', expiresAt: expired.expiresAt });
    await expect(service.revoke(root, key.id)).resolves.toMatchObject({ name: 'renamed', version: 4 });
  });

  it('cannot be changed when revoked, even to its current values [T16]', async () => {
    const key = await made();
    const { version } = await service.revoke(root, key.id);
    for (const patch of [{ name: 'renamed' }, { enabled: false }, { name: key.name }, {}]) {
      await expect(service.update(root, key.id, patch)).rejects.toMatchObject({
        code: 'revoked_key_unchangeable',
      });
    }
    await expect(service.get(root, key.id)).resolves.toMatchObject({ name: key.name, version });
  });

  it('keeps its first revocation when it is revoked again', async () => {
    const key = await made();
    const first = await service.revoke(root, key.id, 'leaked');
    clock.advance(1000);
    const second = await service.revoke(rootCaller('cli'), key.id, 'again');
    expect(second).toEqual(first);
    expect(second).toMatchObject({
      revokedAt: NOW,
      revokedBy: 'system',
      revokedReason: 'leaked',
      version: 2,
    });
    const { history } = await service.history(root, key.id);
    expect(history.map(({ action, by, reason }) => [action, by, reason])).toEqual([
      ['created', 'system', undefined],
      ['revoked', 'system', 'leaked'],
    ]);
  });
});

describe('a caller that changes a key', () => {
  it('is recorded in the history with the time and the field names, but no values', async () => {
    const key = await made({ orgId: 'acme' });
    clock.advance(5000);
    const caller = holder({ orgId: 'acme' });
    const after = await service.update(caller, key.id, { name: 'a new name', metadata: { team: 'night' } });
    expect(after).toMatchObject({
      version: 2,
      createdAt: NOW,
      createdBy: 'system',
      updatedAt: new Date(NOW.getTime() + 5000),
    });
    const { history } = await service.history(root, key.id);
    expect(history.at(-1)).toEqual({
      changeId: expect.any(String),
      action: 'updated',
      at: new Date(NOW.getTime() + 5000),
      by: caller.actor,
      version: 2,
      fields: ['name', 'metadata'],
    });
    expect(JSON.stringify(history)).not.toContain('night');
  });

  it('writes nothing if all new values equal the old ones', async () => {
    const same = {
      name: 'same',
      description: 'as it was',
      scopes: ['memory:read', 'memory:write'],
      orgId: 'acme',
      expiresAt: inDays(1),
      rateLimits: [{ name: 'default', limit: 1, windowSeconds: 2 }],
      metadata: { a: 1, b: 2 },
    };
    const key = await made(same);
    clock.advance(1000);
    const patches: KeyPatch[] = [
      {},
      { ...same, enabled: true },
      { metadata: { b: 2, a: 1 }, rateLimits: [{ windowSeconds: 2, limit: 1, name: 'default' }] },
      { allowedIps: null, projectId: null, ownerId: null },
      { expiresAt: new Date(same.expiresAt.getTime()) },
    ];
    for (const patch of patches) {
      await expect(service.update(root, key.id, patch)).resolves.toMatchObject({
        version: 1,
        updatedAt: NOW,
      });
    }
    const { history } = await service.history(root, key.id);
    expect(history).toHaveLength(1);
  });

  it('gets version_mismatch if the key does not have the expected version', async () => {
    const key = await made();
    await service.update(root, key.id, { name: 'second' }, { ifVersion: [1] });
    await expect(service.update(root, key.id, { name: 'third' }, { ifVersion: [1] })).rejects.toMatchObject({
      code: 'version_mismatch',
    });
    await expect(service.update(root, key.id, { name: 'third' }, { ifVersion: [] })).rejects.toMatchObject({
      code: 'version_mismatch',
    });
    await expect(
      service.update(root, key.id, { name: 'third' }, { ifVersion: [7, 2] }),
    ).resolves.toMatchObject({
      name: 'third',
      version: 3,
    });
  });

  it('cannot set an expiry in the past', async () => {
    const key = await made();
    await expect(service.update(root, key.id, { expiresAt: clock.now() })).rejects.toMatchObject({
      code: 'validation_failed',
      extensions: { errors: [{ field: '/expiresAt' }] },
    });
  });
});

describe('a user who owns a key', () => {
  const session: Caller = {
    actor: `user:${ALICE}`,
    userId: ALICE,
    scopes: ['api-keys:write'],
    grant: { ownerId: ALICE, scopes: ['memory:*'], allowedIps: [], rateLimits: [] },
    boundByMaxTtl: true,
  };
  const ofAcme = { orgId: 'acme', ownerId: ALICE };

  it('cannot enable a key that another caller disabled, even if the history lost that entry [T74]', async () => {
    const { id } = await made(ofAcme, session);
    await service.update(root, id, { enabled: false });
    for (let number = 0; number < 101; number += 1) await service.update(session, id, { name: `${number}` });
    const { history } = await service.history(session, id);
    expect(history.some(({ fields = [] }) => fields.includes('enabled'))).toBe(false);
    await expect(service.update(session, id, { enabled: true })).rejects.toMatchObject(exceeding('enabled'));
  });

  it('can remove an expiry that the same user set, even after 101 rotations', async () => {
    const { id } = await made({ ...ofAcme, expiresAt: inDays(1) }, session);
    for (let count = 0; count < 101; count += 1) await service.rotate(session, id);
    const { historyDropped } = await service.history(session, id);
    expect(historyDropped).toBeGreaterThan(0);
    await expect(service.update(session, id, { expiresAt: null })).resolves.toMatchObject({ id });
  });
});

describe('a host application that passes on its users’ input', () => {
  it.each([-1, 0, 1.5, 1001, Number.NaN, Infinity])(
    'gets validation_failed for a list limit of %d',
    async (limit) => {
      await expect(service.list(root, { limit })).rejects.toMatchObject({
        code: 'validation_failed',
        extensions: { errors: [{ field: '/limit', message: 'must be a whole number from 1 to 1000' }] },
      });
    },
  );

  it.each([-1, 0.5, 604_801, Number.NaN, Infinity])(
    'cannot rotate a key with a grace period of %d seconds',
    async (gracePeriodSeconds) => {
      const { id } = await made();
      await expect(service.rotate(root, id, { gracePeriodSeconds })).rejects.toMatchObject({
        code: 'validation_failed',
        extensions: { errors: [{ field: '/gracePeriodSeconds' }] },
      });
      expect((await service.get(root, id)).version).toBe(1);
    },
  );
});
