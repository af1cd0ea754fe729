import type { ApiKey } from './api-key';
import { applyPatch, type KeyPatch } from './key-patch';

const NOON = new Date('2027-01-31T12:00:00Z');
const JULY = new Date('2027-07-01T00:00:00Z');

const key: ApiKey = {
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  name: 'ingest',
  description: 'writes memories',
  createdBy: 'cli',
  scopes: ['memory:read', 'memory:write'],
  orgId: 'acme',
  projectId: 'apollo',
  ownerId: 'ada',
  allowedIps: ['203.0.113.0/24'],
  rateLimits: [{ name: 'default', limit: 10, windowSeconds: 60 }],
  metadata: { team: 'search', tier: 1 },
  enabled: true,
  expiresAt: JULY,
  secrets: [],
  version: 3,
  createdAt: NOON,
  updatedAt: NOON,
};

const changes: readonly KeyPatch[] = [
  { name: 'import' },
  { description: 'reads memories' },
  { metadata: { team: 'search' } },
  { metadata: {} },
  { metadata: { team: 'search', tier: '1' } },
  { enabled: false },
  { scopes: [] },
  { scopes: ['memory:read'] },
  { scopes: ['memory:read', 'memory:write', 'memory:delete'] },
  { orgId: 'globex' },
  { projectId: 'hermes' },
  { ownerId: 'bob' },
  { expiresAt: new Date(JULY.getTime() + 1) },
  { allowedIps: [] },
  { allowedIps: ['198.51.100.7'] },
  { rateLimits: [{ name: 'default', limit: 11, windowSeconds: 60 }] },
  { rateLimits: [{ name: 'default', limit: 10, windowSeconds: 61 }] },
];

const repetitions: readonly KeyPatch[] = [
  {},
  { name: undefined, orgId: undefined, expiresAt: undefined },
  { name: 'ingest' },
  { description: 'writes memories' },
  { enabled: true },
  { scopes: ['memory:read', 'memory:write'] },
  { orgId: 'acme', projectId: 'apollo', ownerId: 'ada' },
  { expiresAt: new Date(JULY) },
  { allowedIps: ['203.0.113.0/24'] },
  { rateLimits: [{ windowSeconds: 60, limit: 10, name: 'default' }] },
  { metadata: { tier: 1, team: 'search' } },
];

describe('a patch', () => {
  it.each(changes)('changes only the fields of the record that it contains: %j', (patch) => {
    expect(applyPatch(key, patch)).toEqual({ key: { ...key, ...patch }, changed: Object.keys(patch) });
  });

  it.each(['description', 'orgId', 'projectId', 'ownerId', 'expiresAt'] as const)(
    'clears %s with null',
    (field) => {
      const { key: after, changed } = applyPatch(key, { [field]: null });
      expect(after).toEqual({ ...key, [field]: undefined });
      expect(changed).toEqual([field]);
    },
  );

  it.each(['allowedIps', 'rateLimits'] as const)('empties %s with null', (field) => {
    expect(applyPatch(key, { [field]: null }).key[field]).toEqual([]);
  });

  it.each(repetitions)('changes nothing if it repeats current values: %j', (patch) => {
    expect(applyPatch(key, patch)).toEqual({ key, changed: [] });
  });

  it('changes nothing if it clears absent fields', () => {
    const bare: ApiKey = {
      id: key.id,
      name: 'bare',
      createdBy: 'cli',
      scopes: [],
      allowedIps: [],
      rateLimits: [],
      metadata: {},
      enabled: true,
      secrets: [],
      version: 1,
      createdAt: NOON,
      updatedAt: NOON,
    };
    const patch: KeyPatch = {
      description: null,
      orgId: null,
      expiresAt: null,
      allowedIps: null,
      rateLimits: null,
    };
    expect(applyPatch(bare, patch)).toEqual({ key: bare, changed: [] });
  });

  it('returns the names of exactly the fields that it changes', () => {
    const patch: KeyPatch = { name: 'import', enabled: true, orgId: null, scopes: ['memory:read'] };
    expect(applyPatch(key, patch).changed).toEqual(['name', 'scopes', 'orgId']);
  });

  it('cannot change id, creator, version, secrets or revocation', () => {
    const smuggled = {
      id: '00000000000000000000000000',
      createdBy: 'system',
      version: 99,
      secrets: [{ hash: 'ab', createdAt: NOON }],
      revokedAt: undefined,
    };
    const revoked: ApiKey = { ...key, revokedAt: NOON };
    expect(applyPatch(revoked, smuggled as KeyPatch)).toEqual({ key: revoked, changed: [] });
  });

  it('does not modify the original record', () => {
    const before = structuredClone(key);
    applyPatch(key, { scopes: [], name: 'other', metadata: {} });
    expect(key).toEqual(before);
  });
});
