import type { ApiKey } from './api-key';
import { type Decision, decide, type DecisionCode, type Requirement, storedState } from './decision';
import { noPolicy, type PolicyState } from './policy-state';
import { prepareKey } from './prepared-key';
import { digestOfHex } from './token/token-digest';

const NOON = new Date('2027-01-31T12:00:00.000Z');
const EARLIER = new Date('2027-01-31T11:59:59.999Z');
const LATER = new Date('2027-01-31T12:00:00.001Z');
const ID = '01jd8x4k2m6n8p0q2r4s6t8v0w';
const HASH = 'c0'.repeat(32);
const OLD_HASH = 'b0'.repeat(32);
const WRONG_HASH = 'a0'.repeat(32);

const key: ApiKey = {
  id: ID,
  name: 'reader of acme',
  createdBy: 'cli',
  scopes: ['memory:read'],
  orgId: 'acme',
  allowedIps: ['203.0.113.0/24'],
  rateLimits: [],
  metadata: {},
  enabled: true,
  expiresAt: LATER,
  secrets: [
    { hash: OLD_HASH, createdAt: new Date('2026-01-01T00:00:00Z'), retiresAt: EARLIER },
    { hash: HASH, createdAt: new Date('2026-12-01T00:00:00Z') },
  ],
  version: 2,
  createdAt: new Date('2026-01-01T00:00:00Z'),
  updatedAt: new Date('2026-12-01T00:00:00Z'),
};

/** The arguments of a decision. `good` is a reader of acme who reads memories of acme from the office of acme. */
interface Case {
  readonly presented: string | null;
  readonly stored: {
    readonly key: ApiKey;
    readonly ownerActive: boolean;
    readonly policies: readonly PolicyState[];
  } | null;
  readonly requirement: Requirement;
}
const good: Case = {
  presented: digestOfHex(HASH),
  stored: { key, ownerActive: true, policies: [] },
  requirement: {
    scopes: { allOf: ['memory:read'], anyOf: [] },
    tenant: { orgId: 'acme' },
    clientAddress: '203.0.113.7',
  },
};

const judge = ({ presented, stored, requirement }: Case): Decision =>
  decide(
    presented,
    stored && storedState(prepareKey(stored.key), stored.ownerActive, stored.policies),
    requirement,
    NOON,
  );
const withKey = (it: Case, part: Partial<ApiKey>): Case => ({
  ...it,
  stored: it.stored && { ...it.stored, key: { ...it.stored.key, ...part } },
});
const withPolicies = (it: Case, ...policies: PolicyState[]): Case => ({
  ...it,
  stored: it.stored && { ...it.stored, policies },
});
const withRequirement = (it: Case, part: Partial<Requirement>): Case => ({
  ...it,
  requirement: { ...it.requirement, ...part },
});

/** Every fault in order of precedence, with a function that causes it. */
const FAULTS: readonly (readonly [DecisionCode, (it: Case) => Case])[] = [
  ['MALFORMED', (it) => ({ ...it, presented: null })],
  ['NOT_FOUND', (it) => ({ ...it, stored: null })],
  ['ROTATED', (it) => ({ ...it, presented: it.presented && digestOfHex(OLD_HASH) })],
  ['REVOKED', (it) => withKey(it, { revokedAt: EARLIER })],
  ['DISABLED', (it) => withKey(it, { enabled: false })],
  ['EXPIRED', (it) => withKey(it, { expiresAt: NOON })],
  ['OWNER_DISABLED', (it) => ({ ...it, stored: it.stored && { ...it.stored, ownerActive: false } })],
  ['TENANT_SUSPENDED', (it) => withPolicies(it, { ...noPolicy('org:acme'), exists: true, suspended: true })],
  ['IP_NOT_ALLOWED', (it) => withRequirement(it, { clientAddress: '198.51.100.7' })],
  ['INSUFFICIENT_SCOPE', (it) => withRequirement(it, { scopes: { allOf: ['memory:write'], anyOf: [] } })],
  ['BINDING_MISMATCH', (it) => withRequirement(it, { tenant: { orgId: 'globex' } })],
];
const faults = FAULTS.map(([code, bringAbout], rank) => ({ code, bringAbout, rank }));
const SECRETIVE: ReadonlySet<DecisionCode> = new Set<DecisionCode>(['MALFORMED', 'NOT_FOUND']);

describe('a decision', () => {
  it('is VALID for a valid token, and contains the key', () => {
    expect(judge(good)).toEqual({ code: 'VALID', key: prepareKey(key).key, secret: key.secrets.at(-1) });
  });

  it.each(faults)('is $code if that is the only fault', ({ code, bringAbout }) => {
    expect(judge(bringAbout(good)).code).toBe(code);
  });

  it.each(faults.slice(1).map(({ code, rank }) => ({ earlier: FAULTS[rank - 1]?.[0], code, rank })))(
    'is $earlier if $code applies too',
    ({ earlier, rank }) => {
      const both = FAULTS.slice(rank - 1, rank + 1).reduceRight((it, [, bringAbout]) => bringAbout(it), good);
      expect(judge(both).code).toBe(earlier);
    },
  );

  it.each(faults)('is $code if all faults of lower precedence apply too', ({ code, rank }) => {
    const wrong = FAULTS.slice(rank).reduceRight((it, [, bringAbout]) => bringAbout(it), good);
    expect(judge(wrong).code).toBe(code);
  });

  it.each(faults)('contains the key only if the secret is genuine: $code', ({ code, bringAbout }) => {
    const decision = judge(bringAbout(good));
    expect(decision.key?.id).toBe(SECRETIVE.has(code) ? undefined : ID);
    expect('key' in decision).toBe(!SECRETIVE.has(code));
  });
});

describe('a caller that guesses the secret of an existing key', () => {
  it.each([
    ['a wrong hash', WRONG_HASH],
    ['an empty hash', ''],
    ['a part of the correct hash', HASH.slice(0, 62)],
    ['the correct hash and more', `${HASH}00`],
    ['a hash that is not hexadecimal', 'g'.repeat(64)],
  ])('gets NOT_FOUND, whatever the state of the key, with %s [T6]', (_what, hash) => {
    const guess: Case = { ...good, presented: digestOfHex(hash) };
    expect(judge(guess)).toEqual({ code: 'NOT_FOUND' });
    expect(judge(withKey(guess, { revokedAt: EARLIER, enabled: false }))).toEqual({ code: 'NOT_FOUND' });
  });

  it('gets NOT_FOUND for a key without a secret', () => {
    expect(judge(withKey(good, { secrets: [] }))).toEqual({ code: 'NOT_FOUND' });
  });
});

describe('a previous secret', () => {
  const old: Case = { ...good, presented: digestOfHex(OLD_HASH) };
  const retiringAt = (retiresAt: Date): Case =>
    withKey(old, { secrets: [{ hash: OLD_HASH, createdAt: EARLIER, retiresAt }, ...key.secrets.slice(1)] });

  it.each([
    ['is VALID until it retires', LATER, 'VALID'],
    ['is ROTATED at the moment it retires', NOON, 'ROTATED'],
    ['is ROTATED after it retires', EARLIER, 'ROTATED'],
  ] as const)('%s', (_sentence, retiresAt, code) => {
    expect(judge(retiringAt(retiresAt)).code).toBe(code);
  });

  it('is REVOKED during its grace period if the key is revoked', () => {
    expect(judge(withKey(retiringAt(LATER), { revokedAt: EARLIER })).code).toBe('REVOKED');
  });

  it('does not affect the current secret', () => {
    expect(judge(good).code).toBe('VALID');
  });
});

describe('a decision that requires only possession of the current token', () => {
  const holder = withRequirement(good, { possession: true });
  const inGrace = withKey(
    { ...holder, presented: digestOfHex(OLD_HASH) },
    { secrets: [{ hash: OLD_HASH, createdAt: EARLIER, retiresAt: LATER }, ...key.secrets.slice(1)] },
  );
  const REFUSING: ReadonlySet<DecisionCode> = new Set(['MALFORMED', 'NOT_FOUND', 'ROTATED', 'REVOKED']);

  it.each(
    faults.map(({ code, bringAbout }) => ({
      code,
      bringAbout,
      answer: REFUSING.has(code) ? code : 'VALID',
    })),
  )('is $answer if $code is the only fault', ({ bringAbout, answer }) => {
    expect(judge(bringAbout(holder)).code).toBe(answer);
  });

  it('is VALID even if all faults that possession ignores apply together', () => {
    const wrong = FAULTS.filter(([code]) => !REFUSING.has(code));
    expect(judge(wrong.reduce((it, [, bringAbout]) => bringAbout(it), holder)).code).toBe('VALID');
  });

  it('is ROTATED for a secret in its grace period, which other routes accept', () => {
    expect(judge(inGrace).code).toBe('ROTATED');
    expect(judge(withRequirement(inGrace, { possession: undefined })).code).toBe('VALID');
  });

  it('is NOT_FOUND for a wrong secret', () => {
    const guess = { ...holder, presented: digestOfHex(WRONG_HASH) };
    expect(judge(guess)).toEqual({ code: 'NOT_FOUND' });
  });
});

describe('a key that expires', () => {
  it.each([
    ['is VALID a millisecond before its expiry', LATER, 'VALID'],
    ['is EXPIRED at its expiry', NOON, 'EXPIRED'],
    ['is EXPIRED a millisecond after its expiry', EARLIER, 'EXPIRED'],
    ['is VALID if its expiry was removed', undefined, 'VALID'],
  ] as const)('%s', (_sentence, expiresAt, code) => {
    expect(judge(withKey(good, { expiresAt })).code).toBe(code);
  });
});

describe('the decision about a request', () => {
  it.each<[string, Case, DecisionCode]>([
    ['requires no tenant if the route limits itself', withRequirement(good, { tenant: undefined }), 'VALID'],
    [
      'rejects a bound key if the request names no tenant',
      withRequirement(good, { tenant: {} }),
      'BINDING_MISMATCH',
    ],
    [
      'accepts an unbound key if the request names no tenant',
      withKey(withRequirement(good, { tenant: {} }), { orgId: undefined }),
      'VALID',
    ],
    [
      'rejects a key bound to a project if the request names only the organisation',
      withKey(good, { projectId: 'apollo' }),
      'BINDING_MISMATCH',
    ],
    [
      'rejects a key with an allowlist from an unknown address',
      withRequirement(good, { clientAddress: undefined }),
      'IP_NOT_ALLOWED',
    ],
    [
      'accepts a key without an allowlist from an unknown address',
      withKey(withRequirement(good, { clientAddress: undefined }), { allowedIps: [] }),
      'VALID',
    ],
    [
      'rejects a key without scopes if a scope is required',
      withKey(good, { scopes: [] }),
      'INSUFFICIENT_SCOPE',
    ],
    [
      'accepts a key without scopes if no scope is required',
      withKey(withRequirement(good, { scopes: { allOf: [], anyOf: [] } }), { scopes: [] }),
      'VALID',
    ],
    [
      'rejects a key with none of the scopes of which one is required',
      withRequirement(good, { scopes: { allOf: [], anyOf: [['memory:write', 'memory:delete']] } }),
      'INSUFFICIENT_SCOPE',
    ],
  ])('%s', (_sentence, it, code) => {
    expect(judge(it).code).toBe(code);
  });
});

const policy = (id: PolicyState['id'], rules: Partial<PolicyState>): PolicyState => ({
  ...noPolicy(id),
  exists: true,
  ...rules,
});
const requiring = (anyOf: string[][], ...allOf: string[]): Case =>
  withKey(withRequirement(good, { scopes: { allOf, anyOf } }), { scopes: ['memory:*', 'notes:read'] });

describe('the policies of a key', () => {
  it('suspend the key, of its organisation or its owner alike', () => {
    for (const id of ['org:acme', 'owner:ann'] as const) {
      const both = withPolicies(good, policy('default', {}), policy(id, { suspended: true }));
      expect(judge(both).code).toBe('TENANT_SUSPENDED');
    }
  });

  it('never suspend the key by default', () => {
    expect(judge(withPolicies(good, policy('default', { suspended: true }))).code).toBe('VALID');
  });

  it.each<[string, Case, string[][], DecisionCode]>([
    ['a scope that key and policies allow', requiring([], 'memory:read'), [['memory:*'], ['*']], 'VALID'],
    [
      'a scope that one policy lacks',
      requiring([], 'memory:read'),
      [['*'], ['notes:*']],
      'INSUFFICIENT_SCOPE',
    ],
    ['a scope that only the policy has', requiring([], 'logs:read'), [['*']], 'INSUFFICIENT_SCOPE'],
    [
      'one of two scopes, of which the key has one and the policy the other',
      requiring([['notes:read', 'logs:read']]),
      [['logs:read']],
      'INSUFFICIENT_SCOPE',
    ],
    ['one of two scopes that both have', requiring([['logs:read', 'notes:read']]), [['notes:*']], 'VALID'],
    ['a scope, if a policy allows none', requiring([], 'notes:read'), [[]], 'INSUFFICIENT_SCOPE'],
    ['only a valid key, if a policy allows no scope', requiring([]), [[]], 'VALID'],
  ])('decide about a route that requires %s', (_what, it, lists, code) => {
    const [org = [], owner] = lists;
    const policies = [
      policy('org:acme', { allowedScopes: org }),
      ...(owner === undefined ? [] : [policy('owner:ann', { allowedScopes: owner })]),
    ];
    expect(judge(withPolicies(it, ...policies)).code).toBe(code);
  });

  it('limit the scopes that the decision contains, which nothing can change [T130]', () => {
    const it = withPolicies(requiring([]), policy('org:acme', { allowedScopes: ['memory:read', 'logs:*'] }));
    const { key: narrowed } = judge(it);
    expect(narrowed).toEqual({ ...prepareKey({ ...key, scopes: ['memory:read'] }).key });
    expect(Object.isFrozen(narrowed) && Object.isFrozen(narrowed?.scopes)).toBe(true);
    expect(Object.keys(narrowed ?? {})).toEqual(Object.keys(prepareKey(key).key));
  });

  it('leave the record of a key as it is if they allow all of its scopes', () => {
    const prepared = prepareKey(key);
    const allowing = [policy('org:acme', { allowedScopes: ['memory:*'] }), policy('owner:ann', {})];
    expect(storedState(prepared, true, allowing).prepared).toBe(prepared);
  });
});

describe('the address of a client', () => {
  it('is read only if the key has an allowlist, because reading it doubles the cost of a decision', () => {
    const lookUp = jest.fn(() => '203.0.113.7');
    const requirement = Object.defineProperty({ ...good.requirement }, 'clientAddress', { get: lookUp });
    const asking: Case = { ...good, requirement };
    expect(judge(withKey(asking, { allowedIps: [] })).code).toBe('VALID');
    expect(lookUp).not.toHaveBeenCalled();
    expect(judge(asking).code).toBe('VALID');
    expect(lookUp).toHaveBeenCalledTimes(1);
  });
});
