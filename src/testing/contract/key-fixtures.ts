import type { ApiKey, ApiKeyWithHistory } from '../../api-keys/domain/api-key';
import { newKeyId } from '../../api-keys/domain/key-id';
import { hashToken } from '../../api-keys/domain/token/key-token';
import { recordChange } from '../../api-keys/domain/key-change';

/** Two customers of one product, who must never see each other's keys. */
export const TENANTS = ['acme', 'globex'] as const;

export const ALICE = '01hq0000000000000000a11ce0';
export const BOB = '01hq00000000000000000b0b00';

/** Returns a new `Date` each time, so that a test that changes it does not affect other tests. */
function created(): Date {
  return new Date('2030-01-02T03:04:05.678Z');
}

/** Returns a newly created key without optional members. Each key is newer than the previous one. */
export function aKey(fields: Partial<ApiKeyWithHistory> = {}): ApiKeyWithHistory {
  const id = newKeyId(created());
  const blank: ApiKeyWithHistory = {
    id,
    name: 'ingest',
    createdBy: 'cli',
    scopes: [],
    allowedIps: [],
    rateLimits: [],
    metadata: {},
    enabled: true,
    secrets: [{ hash: hashToken(id), createdAt: created() }],
    version: 0,
    createdAt: created(),
    updatedAt: created(),
    history: [],
    historyDropped: 0,
  };
  return { ...recordChange(blank, created(), { action: 'created', by: 'cli' }), ...fields };
}

/** Returns a key at its first version with every member set. If one is missing, this does not compile. */
export function aFullKey(): Required<ApiKeyWithHistory> {
  const key = aKey();
  return {
    ...key,
    name: 'Ingest – nächtlich 🗝',
    description: 'Writes what the night brought.',
    createdBy: `user:${BOB}`,
    ownerId: ALICE,
    scopes: ['memory:read', 'memory:write:*'],
    orgId: 'acme',
    projectId: 'Project-1.~:@_',
    allowedIps: ['203.0.113.7', '2001:db8::/32'],
    rateLimits: [
      { name: 'burst', limit: 20, windowSeconds: 1 },
      { name: 'default', limit: 100, windowSeconds: 60 },
    ],
    metadata: { team: 'night shift', retries: 3, ratio: 0.25, big: 9_007_199_254_740_991, paging: false },
    externalId: 'cust-7,{"$gt":""}~',
    prefix: 'kw_test',
    enabled: false,
    expiresAt: new Date('2031-01-01T00:00:00.001Z'),
    revokedAt: new Date('2030-02-01T00:00:00.999Z'),
    revokedBy: `key:${key.id}`,
    revokedReason: 'Found in a public repository.',
    secrets: [
      { hash: hashToken('current'), createdAt: new Date('2030-01-03T00:00:00Z') },
      {
        hash: hashToken('retired'),
        createdAt: created(),
        retiresAt: new Date('2030-01-04T00:00:00Z'),
        reusedAt: new Date('2030-01-05T00:00:00Z'),
      },
    ],
    history: [
      {
        changeId: 'the-first-change',
        action: 'created',
        at: created(),
        by: `user:${BOB}`,
        version: 1,
        fields: ['name', 'scopes'],
        reason: 'first of all',
      },
    ],
    historyDropped: 0,
    imposed: {
      version: 1,
      enabled: false,
      expiresAt: new Date('2032-01-01T00:00:00.001Z'),
      allowedIps: ['203.0.113.0/24', '2001:db8::/32'],
      rateLimits: [
        { name: 'burst', limit: 40, windowSeconds: 1 },
        { name: 'default', limit: 200, windowSeconds: 30 },
      ],
    },
  };
}

/** Returns all optional members of a record with the value `undefined`. */
export function nothingOptional(): Partial<ApiKeyWithHistory> {
  const required = new Set(Object.keys(aKey()));
  const optional = Object.keys(aFullKey()).filter((field) => !required.has(field));
  return Object.fromEntries(optional.map((field) => [field, undefined]));
}

/** Returns a record after a change of these fields. */
export function changed(
  key: ApiKeyWithHistory,
  fields: Partial<ApiKeyWithHistory>,
  by = 'cli',
): ApiKeyWithHistory {
  const at = new Date(key.updatedAt.getTime() + 1000);
  return recordChange({ ...key, ...fields }, at, { action: 'updated', by, fields: Object.keys(fields) });
}

/** Returns a record after its revocation. */
export function revoked(key: ApiKeyWithHistory, by = 'cli'): ApiKeyWithHistory {
  const at = new Date(key.updatedAt.getTime() + 1000);
  const after = { ...key, revokedAt: at, revokedBy: by, revokedReason: 'leaked' };
  return recordChange(after, at, { action: 'revoked', by, reason: 'leaked' });
}

/** Returns the part of a record that verification reads. */
export function withoutHistory({
  history: _history,
  historyDropped: _dropped,
  imposed: _imposed,
  ...key
}: ApiKeyWithHistory): ApiKey {
  return key;
}
