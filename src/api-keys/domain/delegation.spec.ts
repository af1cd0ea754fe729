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
  rateLimit: { limit: 10, windowSeconds: 60 },
  expiresAt: NOON,
};
const root: Grant = { scopes: ['*'], allowedIps: [] };

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

/** What is more than Apollo's key holds, field by field. */
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
  ['rateLimit', { rateLimit: undefined }],
  ['rateLimit', { rateLimit: { limit: 11, windowSeconds: 60 } }],
  ['rateLimit', { rateLimit: { limit: 10, windowSeconds: 59 } }],
];

/** What is no more than Apollo's key holds. */
const NO_MORE: readonly Partial<Grant>[] = [
  {},
  { scopes: [] },
  { scopes: ['memory:read', 'memory:write:*', 'memory:*'] },
  { expiresAt: new Date(NOON) },
  { expiresAt: new Date(0) },
  { allowedIps: ['203.0.113.7', '203.0.113.128/25'] },
  { rateLimit: { limit: 1, windowSeconds: 3600 } },
];

describe('the key of a project at acme', () => {
  it.each(MORE)('cannot give more: %s in %j', (field, part) => {
    expect(exceededFields(apollo, { ...apollo, ...part })).toEqual([field]);
  });

  it.each(NO_MORE)('can give what it holds, and less: %j', (part) => {
    expect(exceededFields(apollo, { ...apollo, ...part })).toEqual([]);
  });

  it('is told every field in which it asks for more', () => {
    expect(exceededFields(apollo, root).toSorted()).toEqual([
      'allowedIps',
      'expiresAt',
      'orgId',
      'ownerId',
      'projectId',
      'rateLimit',
      'scopes',
    ]);
  });

  it('holds everything of it under a caller who holds everything', () => {
    expect(exceededFields(root, apollo)).toEqual([]);
  });

  it('without scopes can give no scope', () => {
    expect(exceededFields({ ...apollo, scopes: [] }, apollo)).toEqual(['scopes']);
  });
});

describe('a change of a key', () => {
  it.each(MORE)('widens it with more: %s in %j', (_field, part) => {
    expect(isWidening(key({}), key(part))).toBe(true);
  });

  it.each(NO_MORE)('does not widen it with less, nor with the same: %j', (part) => {
    expect(isWidening(key({}), key(part))).toBe(false);
  });

  it.each([
    ['that enables it again is widening', false, true, true],
    ['that disables it is not widening', true, false, false],
    ['that leaves it disabled is not widening', false, false, false],
    ['that leaves it enabled is not widening', true, true, false],
  ])('%s', (_sentence, before, after, widening) => {
    expect(isWidening(key({ enabled: before }), key({ enabled: after }))).toBe(widening);
  });

  it('widens it with more of one thing and less of another', () => {
    expect(isWidening(key({}), key({ scopes: [], orgId: 'globex' }))).toBe(true);
    expect(isWidening(key({}), key({ enabled: false, expiresAt: LATER }))).toBe(true);
  });

  it('does not widen it with a name, a description or metadata', () => {
    expect(isWidening(key({}), key({ name: 'other', description: 'other', metadata: { a: 1 } }))).toBe(false);
  });
});
