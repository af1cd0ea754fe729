import type { Grant } from './api-key';
import { composeGrant } from './grant-request';

const JUNE = new Date('2027-06-01T00:00:00Z');
const JULY = new Date('2027-07-01T00:00:00Z');
const AUGUST = new Date('2027-08-01T00:00:00Z');

const apollo: Grant = {
  scopes: ['memory:*'],
  orgId: 'acme',
  projectId: 'apollo',
  ownerId: 'ada',
  allowedIps: ['203.0.113.0/24'],
  rateLimit: { limit: 10, windowSeconds: 60 },
  expiresAt: JULY,
};
const root: Grant = { scopes: ['*'], allowedIps: [] };

describe('a new key', () => {
  it('inherits from the calling key whatever the request leaves out, but for the scopes', () => {
    expect(composeGrant(apollo, { scopes: ['memory:read'] }, undefined)).toEqual({
      ...apollo,
      scopes: ['memory:read'],
    });
  });

  it('gets no scopes where it asks for none', () => {
    expect(composeGrant(root, { scopes: [] }, undefined).scopes).toEqual([]);
  });

  it('of an unlimited caller is unlimited, but for its scopes', () => {
    const grant = composeGrant(root, { scopes: ['memory:read'] }, undefined);
    expect(grant).toEqual({ scopes: ['memory:read'], allowedIps: [] });
  });

  const wishes = {
    orgId: 'globex',
    projectId: 'hermes',
    ownerId: 'bob',
    allowedIps: ['198.51.100.7'],
    rateLimit: { limit: 1, windowSeconds: 1 },
    expiresAt: JUNE,
  } as const;
  const fields = Object.keys(wishes) as readonly (keyof typeof wishes)[];

  it.each(fields)('gets the %s it asks for, and inherits the rest', (field) => {
    const wish = { [field]: wishes[field] };
    expect(composeGrant(apollo, { scopes: [], ...wish }, undefined)).toEqual({
      ...apollo,
      scopes: [],
      ...wish,
    });
  });

  it.each(fields)('has no %s where the request says null, and inherits the rest', (field) => {
    const cleared = field === 'allowedIps' ? [] : undefined;
    expect(composeGrant(apollo, { scopes: [], [field]: null }, undefined)).toEqual({
      ...apollo,
      scopes: [],
      [field]: cleared,
    });
  });

  it('may ask for an empty allowlist in so many words', () => {
    expect(composeGrant(apollo, { scopes: [], allowedIps: [] }, undefined).allowedIps).toEqual([]);
  });
});

describe('the expiry of a new key', () => {
  it.each([
    ['the maximum, where neither names one', undefined, undefined, JULY, JULY],
    ["the caller's, where it is before the maximum", JUNE, undefined, JULY, JUNE],
    ["the maximum, where it is before the caller's", AUGUST, undefined, JULY, JULY],
    ["the caller's, where there is no maximum", JUNE, undefined, undefined, JUNE],
    ['the maximum, where it is the same', JULY, undefined, new Date(JULY), JULY],
    ['none, where there is no limit at all', undefined, undefined, undefined, undefined],
    ['as asked, for the caller of the composition to judge', JUNE, AUGUST, JULY, AUGUST],
    ['none, where it asks for none, for the caller of the composition to judge', JUNE, null, JULY, undefined],
  ])('is %s', (_sentence, own, asked, latest, expected) => {
    const caller: Grant = { ...root, expiresAt: own };
    expect(composeGrant(caller, { scopes: [], expiresAt: asked }, latest).expiresAt).toEqual(expected);
  });
});
