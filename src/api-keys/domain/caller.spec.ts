import type { ApiKey, KeySecret } from './api-key';
import { type Caller, callerOf, exceededBy, isUnlimited, rootCaller } from './caller';

const key: ApiKey = {
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  name: 'admin of acme',
  createdBy: 'cli',
  scopes: ['api-keys:write'],
  orgId: 'acme',
  allowedIps: [],
  rateLimits: [],
  metadata: {},
  enabled: true,
  secrets: [],
  version: 1,
  createdAt: new Date('2027-01-31T12:00:00Z'),
  updatedAt: new Date('2027-01-31T12:00:00Z'),
};

const NOON = new Date('2027-01-31T12:00:00Z');
const LATER = new Date('2027-01-31T13:00:00Z');
const secret: KeySecret = { hash: 'c0'.repeat(32), createdAt: NOON };

describe('a caller', () => {
  it('has the id and the grant of its key, and is subject to the maximum lifetime', () => {
    expect(callerOf(key)).toEqual({
      actor: `key:${key.id}`,
      scopes: ['api-keys:write'],
      grant: key,
      boundByMaxTtl: true,
    });
  });

  it('has every right and no limits if rootCaller returns it', () => {
    expect(rootCaller('cli')).toEqual({
      actor: 'cli',
      scopes: ['*'],
      grant: { scopes: ['*'], allowedIps: [], rateLimits: [] },
      boundByMaxTtl: false,
    });
  });

  it('contains the hash of the presented secret, if there is one', () => {
    const caller = callerOf(key, secret);
    expect(caller.presented).toEqual({ keyId: key.id, hash: secret.hash });
    expect(caller.grant).toBe(key);
    expect(callerOf(key)).not.toHaveProperty('presented');
  });

  it.each<[string, Date | undefined, Date | undefined, Date | undefined]>([
    ['the end of its secret if that is earlier', LATER, NOON, NOON],
    ['the end of its secret if the key does not expire', undefined, NOON, NOON],
    ['the expiry of the key if that is earlier', NOON, LATER, NOON],
    ['the expiry of the key if its secret has no end', NOON, undefined, NOON],
    ['no time, because neither the key nor its secret has an end', undefined, undefined, undefined],
  ])('has a grant that ends at %s', (_what, expiresAt, retiresAt, latest) => {
    const { grant } = callerOf({ ...key, expiresAt }, { ...secret, retiresAt });
    expect(grant).toEqual({ ...key, expiresAt: latest });
  });

  it.each([
    [['api-keys:write']],
    [['api-keys:*']],
    [['*']],
    [['memory:read', 'api-keys:write']],
    [['users:write']],
    [['users:*', 'memory:read']],
  ])('cannot grant %j, which gives lasting access, with a secret in its grace period [T53]', (scopes) => {
    const root = { ...key, scopes: ['*'], orgId: undefined };
    const grant = { scopes, allowedIps: [], rateLimits: [], expiresAt: LATER };
    expect(exceededBy(callerOf(root, { ...secret, retiresAt: LATER }), grant)).toEqual(['scopes']);
    expect(exceededBy(callerOf(root, secret), grant)).toEqual([]);
  });

  it('can grant scopes that give no lasting access, even with a secret in its grace period', () => {
    const root = callerOf({ ...key, scopes: ['*'] }, { ...secret, retiresAt: LATER });
    const scopes = ['memory:*', 'api-keys:read', 'users:read'];
    const grant = { scopes, orgId: 'acme', allowedIps: [], rateLimits: [], expiresAt: NOON };
    expect(exceededBy(root, grant)).toEqual([]);
  });

  it('gets each exceeded field only once, even if several limits forbid it', () => {
    const retiring = callerOf(key, { ...secret, retiresAt: LATER });
    const grant = { scopes: ['*'], orgId: 'globex', allowedIps: [], rateLimits: [], expiresAt: NOON };
    expect(exceededBy({ ...retiring, orgIds: ['acme'] }, grant)).toEqual(['scopes', 'orgId']);
  });

  it('can bind a key to any organisation or to none if it has no binding', () => {
    for (const orgId of ['acme', 'globex', undefined]) {
      expect(exceededBy(rootCaller('cli'), { scopes: [], allowedIps: [], rateLimits: [], orgId })).toEqual(
        [],
      );
    }
  });
});

const root = rootCaller('cli');

describe('isUnlimited', () => {
  it.each<[string, Caller]>([
    ['an operator', root],
    [
      'a key without a binding and without an owner',
      { ...root, grant: { scopes: ['a'], allowedIps: ['10.0.0.1'], rateLimits: [] } },
    ],
  ])('returns true for %s', (_who, caller) => {
    expect(isUnlimited(caller)).toBe(true);
  });

  it.each<[string, Partial<Caller>]>([
    ['a caller bound to an organisation', { grant: { ...root.grant, orgId: 'acme' } }],
    ['a caller bound to a project', { grant: { ...root.grant, projectId: 'apollo' } }],
    ['a caller with an owner', { grant: { ...root.grant, ownerId: 'ada' } }],
    ['a member of organisations', { orgIds: ['acme', 'globex'] }],
    ['a member of no organisation', { orgIds: [] }],
  ])('returns false for %s', (_who, part) => {
    expect(isUnlimited({ ...root, ...part })).toBe(false);
  });
});
