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
  rateLimits: [{ name: 'default', limit: 10, windowSeconds: 60 }],
  expiresAt: JULY,
};
const root: Grant = { scopes: ['*'], allowedIps: [], rateLimits: [] };

describe('a new key', () => {
  it('inherits omitted parts from the calling key, except scopes', () => {
    expect(composeGrant(apollo, { scopes: ['memory:read'] }, undefined)).toEqual({
      ...apollo,
      scopes: ['memory:read'],
    });
  });

  it('gets no scopes if the request has none', () => {
    expect(composeGrant(root, { scopes: [] }, undefined).scopes).toEqual([]);
  });

  it('has no limits except its scopes if the caller has none', () => {
    const grant = composeGrant(root, { scopes: ['memory:read'] }, undefined);
    expect(grant).toEqual({ scopes: ['memory:read'], allowedIps: [], rateLimits: [] });
  });

  const wishes = {
    orgId: 'globex',
    projectId: 'hermes',
    ownerId: 'bob',
    allowedIps: ['198.51.100.7'],
    rateLimits: [{ name: 'default', limit: 1, windowSeconds: 1 }],
    expiresAt: JUNE,
  } as const;
  const fields = Object.keys(wishes) as readonly (keyof typeof wishes)[];

  it.each(fields)('gets the requested %s and inherits the rest', (field) => {
    const wish = { [field]: wishes[field] };
    expect(composeGrant(apollo, { scopes: [], ...wish }, undefined)).toEqual({
      ...apollo,
      scopes: [],
      ...wish,
    });
  });

  it.each(fields)('gets no %s if the request sets it to null, and inherits the rest', (field) => {
    const cleared = field === 'allowedIps' || field === 'rateLimits' ? [] : undefined;
    expect(composeGrant(apollo, { scopes: [], [field]: null }, undefined)).toEqual({
      ...apollo,
      scopes: [],
      [field]: cleared,
    });
  });

  it('gets an empty allowlist if the request has one', () => {
    expect(
      composeGrant(apollo, { scopes: [], allowedIps: [], rateLimits: [] }, undefined).allowedIps,
    ).toEqual([]);
  });
});

describe('the expiry of a new key', () => {
  it.each([
    ['the maximum if neither caller nor request has one', undefined, undefined, JULY, JULY],
    ["the caller's if it is before the maximum", JUNE, undefined, JULY, JUNE],
    ["the maximum if it is before the caller's", AUGUST, undefined, JULY, JULY],
    ["the caller's if there is no maximum", JUNE, undefined, undefined, JUNE],
    ["the maximum if it equals the caller's", JULY, undefined, new Date(JULY), JULY],
    ['undefined if there is no limit', undefined, undefined, undefined, undefined],
    ['the requested one, even beyond the maximum', JUNE, AUGUST, JULY, AUGUST],
    ['undefined if the request has null, even with a maximum', JUNE, null, JULY, undefined],
  ])('is %s', (_sentence, own, asked, latest, expected) => {
    const caller: Grant = { ...root, expiresAt: own };
    expect(composeGrant(caller, { scopes: [], expiresAt: asked }, latest).expiresAt).toEqual(expected);
  });
});
