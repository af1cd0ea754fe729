import type { ApiKey, Grant } from './api-key';
import { exceededFields, type GrantField, isWidening } from './delegation';

const NOON = new Date('2027-01-31T12:00:00.000Z');
const LATER = new Date('2027-01-31T12:00:00.001Z');

const apollo: Grant = {
  scopes: ['memory:*'],
  orgId: 'acme',
  projectId: 'apollo',
  ownerId: 'ada',
  allowedIps: ['203.0.113.0/24'],
  rateLimits: [{ name: 'default', limit: 10, windowSeconds: 60 }],
  expiresAt: NOON,
};
const root: Grant = { scopes: ['*'], allowedIps: [], rateLimits: [] };

const key = (part: Partial<ApiKey>): ApiKey => ({
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  name: 'key of apollo',
  createdBy: 'cli',
  ...apollo,
  metadata: {},
  enabled: true,
  secrets: [],
  version: 1,
  createdAt: NOON,
  updatedAt: NOON,
  ...part,
});

/** Grants that exceed the key of apollo, field by field. */
const MORE: readonly (readonly [GrantField, Partial<Grant>])[] = [
  ['scopes', { scopes: ['*'] }],
  ['scopes', { scopes: ['memory'] }],
  ['scopes', { scopes: ['memory:read', 'notes:read'] }],
  ['orgId', { orgId: 'globex' }],
  ['orgId', { orgId: undefined }],
  ['projectId', { projectId: 'hermes' }],
  ['projectId', { projectId: undefined }],
  ['ownerId', { ownerId: 'bob' }],
  ['ownerId', { ownerId: undefined }],
  ['expiresAt', { expiresAt: LATER }],
  ['expiresAt', { expiresAt: undefined }],
  ['allowedIps', { allowedIps: [] }],
  ['allowedIps', { allowedIps: ['203.0.113.7', '198.51.100.7'] }],
  ['allowedIps', { allowedIps: ['203.0.112.0/23'] }],
  ['rateLimits', { rateLimits: [] }],
  ['rateLimits', { rateLimits: [{ name: 'default', limit: 11, windowSeconds: 60 }] }],
  ['rateLimits', { rateLimits: [{ name: 'default', limit: 10, windowSeconds: 59 }] }],
];

/** Grants that do not exceed the key of apollo. */
const NO_MORE: readonly Partial<Grant>[] = [
  {},
  { scopes: [] },
  { scopes: ['memory:read', 'memory:write:*', 'memory:*'] },
  { expiresAt: new Date(NOON) },
  { expiresAt: new Date(0) },
  { allowedIps: ['203.0.113.7', '203.0.113.128/25'] },
  { rateLimits: [{ name: 'default', limit: 1, windowSeconds: 3600 }] },
];

describe('the key of a project at acme', () => {
  it.each(MORE)('cannot grant more than its own %s: %j', (field, part) => {
    expect(exceededFields(apollo, { ...apollo, ...part })).toEqual([field]);
  });

  it.each(NO_MORE)('can grant what it holds, or less: %j', (part) => {
    expect(exceededFields(apollo, { ...apollo, ...part })).toEqual([]);
  });

  it('gets the names of all fields that it cannot grant', () => {
    expect(exceededFields(apollo, root).toSorted()).toEqual([
      'allowedIps',
      'expiresAt',
      'orgId',
      'ownerId',
      'projectId',
      'rateLimits',
      'scopes',
    ]);
  });

  it('can be created by a caller that holds every right', () => {
    expect(exceededFields(root, apollo)).toEqual([]);
  });

  it('cannot grant a scope if it has none', () => {
    expect(exceededFields({ ...apollo, scopes: [] }, apollo)).toEqual(['scopes']);
  });
});

describe('a change of a key', () => {
  it.each(MORE)('is widening if it exceeds the previous %s: %j', (_field, part) => {
    expect(isWidening(key({}), key(part))).toBe(true);
  });

  it.each(NO_MORE)('is not widening if it grants the same or less: %j', (part) => {
    expect(isWidening(key({}), key(part))).toBe(false);
  });

  it.each([
    ['is widening if it enables the key again', false, true, true],
    ['is not widening if it disables the key', true, false, false],
    ['is not widening if the key stays disabled', false, false, false],
    ['is not widening if the key stays enabled', true, true, false],
  ])('%s', (_sentence, before, after, widening) => {
    expect(isWidening(key({ enabled: before }), key({ enabled: after }))).toBe(widening);
  });

  it('is widening if it grants more in one field and less in another', () => {
    expect(isWidening(key({}), key({ scopes: [], orgId: 'globex' }))).toBe(true);
    expect(isWidening(key({}), key({ enabled: false, expiresAt: LATER }))).toBe(true);
  });

  it('does not widen the key if it changes only name, description or metadata', () => {
    expect(isWidening(key({}), key({ name: 'other', description: 'other', metadata: { a: 1 } }))).toBe(false);
  });
});
