import type { ApiKey, KeySecret } from './api-key';
import { type Caller, callerOf, exceededBy, isUnlimited, rootCaller } from './caller';

const key: ApiKey = {
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  name: 'admin of acme',
  createdBy: 'cli',
  scopes: ['api-keys:write'],
  orgId: 'acme',
  allowedIps: [],
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

describe('who manages keys', () => {
  it('is a key, under its own id, with its own grant and bound by the longest lifetime', () => {
    expect(callerOf(key)).toEqual({
      actor: `key:${key.id}`,
      scopes: ['api-keys:write'],
      grant: key,
      boundByMaxTtl: true,
    });
  });

  it("is the operator's own hands, which hold everything and are bound by nothing", () => {
    expect(rootCaller('cli')).toEqual({
      actor: 'cli',
      scopes: ['*'],
      grant: { scopes: ['*'], allowedIps: [] },
      boundByMaxTtl: false,
    });
  });

  it('is known by the secret that it presented', () => {
    const caller = callerOf(key, secret);
    expect(caller.presented).toEqual({ keyId: key.id, hash: secret.hash });
    expect(caller.grant).toBe(key);
    expect(callerOf(key)).not.toHaveProperty('presented');
  });

  it.each<[string, Date | undefined, Date | undefined, Date | undefined]>([
    ['the end of its secret, where that comes first', LATER, NOON, NOON],
    ['the end of its secret, where the key has none', undefined, NOON, NOON],
    ['its own end, where that comes first', NOON, LATER, NOON],
    ['its own end, where its secret stays', NOON, undefined, NOON],
    ['no end', undefined, undefined, undefined],
  ])('gives nothing beyond %s', (_what, expiresAt, retiresAt, latest) => {
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
  ])(
    'cannot give %j with a secret in grace, because its holder gives access that outlives the grace [T53]',
    (scopes) => {
      const root = { ...key, scopes: ['*'], orgId: undefined };
      const grant = { scopes, allowedIps: [], expiresAt: LATER };
      expect(exceededBy(callerOf(root, { ...secret, retiresAt: LATER }), grant)).toEqual(['scopes']);
      expect(exceededBy(callerOf(root, secret), grant)).toEqual([]);
    },
  );

  it('still gives what manages no keys with a secret on its way out', () => {
    const root = callerOf({ ...key, scopes: ['*'] }, { ...secret, retiresAt: LATER });
    const scopes = ['memory:*', 'api-keys:read', 'users:read'];
    const grant = { scopes, orgId: 'acme', allowedIps: [], expiresAt: NOON };
    expect(exceededBy(root, grant)).toEqual([]);
  });

  it('names each part but once in which a grant reaches too far', () => {
    const retiring = callerOf(key, { ...secret, retiresAt: LATER });
    const grant = { scopes: ['*'], orgId: 'globex', allowedIps: [], expiresAt: NOON };
    expect(exceededBy({ ...retiring, orgIds: ['acme'] }, grant)).toEqual(['scopes', 'orgId']);
  });

  it('may bind a key to any organisation or none, where it is bound to none itself', () => {
    for (const orgId of ['acme', 'globex', undefined]) {
      expect(exceededBy(rootCaller('cli'), { scopes: [], allowedIps: [], orgId })).toEqual([]);
    }
  });
});

const root = rootCaller('cli');

describe('a caller without limits to what it sees', () => {
  it.each<[string, Caller]>([
    ['an operator', root],
    ['a key without a binding and an owner', { ...root, grant: { scopes: ['a'], allowedIps: ['10.0.0.1'] } }],
  ])('may be %s', (_who, caller) => {
    expect(isUnlimited(caller)).toBe(true);
  });

  it.each<[string, Partial<Caller>]>([
    ['bound to an organisation', { grant: { ...root.grant, orgId: 'acme' } }],
    ['bound to a project', { grant: { ...root.grant, projectId: 'apollo' } }],
    ['with an owner', { grant: { ...root.grant, ownerId: 'ada' } }],
    ['a member of organisations', { orgIds: ['acme', 'globex'] }],
    ['a member of no organisation', { orgIds: [] }],
  ])('may not be %s', (_who, part) => {
    expect(isUnlimited({ ...root, ...part })).toBe(false);
  });
});
