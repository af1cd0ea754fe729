import type { ApiKey } from './api-key';
import { type Decision, decide, type DecisionCode, type Requirement } from './decision';
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

/** A reader of acme who reads acme's memories from acme's office. */
interface Case {
  readonly presented: string | null;
  readonly stored: { readonly key: ApiKey; readonly ownerActive: boolean } | null;
  readonly requirement: Requirement;
}
const good: Case = {
  presented: digestOfHex(HASH),
  stored: { key, ownerActive: true },
  requirement: {
    scopes: { allOf: ['memory:read'], anyOf: [] },
    tenant: { orgId: 'acme' },
    clientAddress: '203.0.113.7',
  },
};

const judge = ({ presented, stored, requirement }: Case): Decision =>
  decide(
    presented,
    stored && { prepared: prepareKey(stored.key), ownerActive: stored.ownerActive },
    requirement,
    NOON,
  );
const withKey = (it: Case, part: Partial<ApiKey>): Case => ({
  ...it,
  stored: it.stored && { ...it.stored, key: { ...it.stored.key, ...part } },
});
const withRequirement = (it: Case, part: Partial<Requirement>): Case => ({
  ...it,
  requirement: { ...it.requirement, ...part },
});

/** Every fault, in the order of precedence, and how to bring it about. */
const FAULTS: readonly (readonly [DecisionCode, (it: Case) => Case])[] = [
  ['MALFORMED', (it) => ({ ...it, presented: null })],
  ['NOT_FOUND', (it) => ({ ...it, stored: null })],
  ['ROTATED', (it) => ({ ...it, presented: it.presented && digestOfHex(OLD_HASH) })],
  ['REVOKED', (it) => withKey(it, { revokedAt: EARLIER })],
  ['DISABLED', (it) => withKey(it, { enabled: false })],
  ['EXPIRED', (it) => withKey(it, { expiresAt: NOON })],
  ['OWNER_DISABLED', (it) => ({ ...it, stored: it.stored && { ...it.stored, ownerActive: false } })],
  ['IP_NOT_ALLOWED', (it) => withRequirement(it, { clientAddress: '198.51.100.7' })],
  ['INSUFFICIENT_SCOPE', (it) => withRequirement(it, { scopes: { allOf: ['memory:write'], anyOf: [] } })],
  ['BINDING_MISMATCH', (it) => withRequirement(it, { tenant: { orgId: 'globex' } })],
];
const faults = FAULTS.map(([code, bringAbout], rank) => ({ code, bringAbout, rank }));
const SECRETIVE: ReadonlySet<DecisionCode> = new Set<DecisionCode>(['MALFORMED', 'NOT_FOUND']);

describe('a decision', () => {
  it('is VALID for a good key, and carries its record', () => {
    expect(judge(good)).toEqual({ code: 'VALID', key: prepareKey(key).key, secret: key.secrets.at(-1) });
  });

  it.each(faults)('is $code where that is the only fault', ({ code, bringAbout }) => {
    expect(judge(bringAbout(good)).code).toBe(code);
  });

  it.each(faults.slice(1).map(({ code, rank }) => ({ earlier: FAULTS[rank - 1]?.[0], code, rank })))(
    'is $earlier where $code is true as well',
    ({ earlier, rank }) => {
      const both = FAULTS.slice(rank - 1, rank + 1).reduceRight((it, [, bringAbout]) => bringAbout(it), good);
      expect(judge(both).code).toBe(earlier);
    },
  );

  it.each(faults)('is $code where everything that comes after it is wrong as well', ({ code, rank }) => {
    const wrong = FAULTS.slice(rank).reduceRight((it, [, bringAbout]) => bringAbout(it), good);
    expect(judge(wrong).code).toBe(code);
  });

  it.each(faults)('of $code carries the record only if the secret was genuine', ({ code, bringAbout }) => {
    const decision = judge(bringAbout(good));
    expect(decision.key?.id).toBe(SECRETIVE.has(code) ? undefined : ID);
    expect('key' in decision).toBe(!SECRETIVE.has(code));
  });
});

describe('someone who guesses the secret of an existing key', () => {
  it.each([
    ['wrong', WRONG_HASH],
    ['empty', ''],
    ['a part of the right one', HASH.slice(0, 62)],
    ['more than the right one', `${HASH}00`],
    ['no hexadecimal', 'g'.repeat(64)],
  ])('learns nothing of it: the hash is %s [T6]', (_what, hash) => {
    const guess: Case = { ...good, presented: digestOfHex(hash) };
    expect(judge(guess)).toEqual({ code: 'NOT_FOUND' });
    expect(judge(withKey(guess, { revokedAt: EARLIER, enabled: false }))).toEqual({ code: 'NOT_FOUND' });
  });

  it('learns nothing of a key that has no secret at all', () => {
    expect(judge(withKey(good, { secrets: [] }))).toEqual({ code: 'NOT_FOUND' });
  });
});

describe('a replaced secret', () => {
  const old: Case = { ...good, presented: digestOfHex(OLD_HASH) };
  const retiringAt = (retiresAt: Date): Case =>
    withKey(old, { secrets: [{ hash: OLD_HASH, createdAt: EARLIER, retiresAt }, ...key.secrets.slice(1)] });

  it.each([
    ['is good until it retires', LATER, 'VALID'],
    ['is ROTATED at the very moment it retires', NOON, 'ROTATED'],
    ['is ROTATED from then on', EARLIER, 'ROTATED'],
  ] as const)('%s', (_sentence, retiresAt, code) => {
    expect(judge(retiringAt(retiresAt)).code).toBe(code);
  });

  it('is judged like the current one while it is good', () => {
    expect(judge(withKey(retiringAt(LATER), { revokedAt: EARLIER })).code).toBe('REVOKED');
  });

  it('leaves the current one good', () => {
    expect(judge(good).code).toBe('VALID');
  });
});

describe('a holder of whom nothing but possession of the current secret is asked', () => {
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

  it('is VALID whatever else is wrong', () => {
    const wrong = FAULTS.filter(([code]) => !REFUSING.has(code));
    expect(judge(wrong.reduce((it, [, bringAbout]) => bringAbout(it), holder)).code).toBe('VALID');
  });

  it('is ROTATED with a secret in grace, which every other route accepts', () => {
    expect(judge(inGrace).code).toBe('ROTATED');
    expect(judge(withRequirement(inGrace, { possession: undefined })).code).toBe('VALID');
  });

  it('learns nothing of a key whose secret it guesses', () => {
    const guess = { ...holder, presented: digestOfHex(WRONG_HASH) };
    expect(judge(guess)).toEqual({ code: 'NOT_FOUND' });
  });
});

describe('a key that expires', () => {
  it.each([
    ['in a millisecond is VALID', LATER, 'VALID'],
    ['now is EXPIRED', NOON, 'EXPIRED'],
    ['a millisecond ago is EXPIRED', EARLIER, 'EXPIRED'],
    ['never is VALID', undefined, 'VALID'],
  ] as const)('%s', (_sentence, expiresAt, code) => {
    expect(judge(withKey(good, { expiresAt })).code).toBe(code);
  });
});

describe('a request', () => {
  it.each<[string, Case, DecisionCode]>([
    ['to a route that limits itself needs no tenant', withRequirement(good, { tenant: undefined }), 'VALID'],
    ['that names no tenant fails a binding', withRequirement(good, { tenant: {} }), 'BINDING_MISMATCH'],
    [
      'that names no tenant passes an unbound key',
      withKey(withRequirement(good, { tenant: {} }), { orgId: undefined }),
      'VALID',
    ],
    [
      'that names the org alone fails the binding to a project',
      withKey(good, { projectId: 'apollo' }),
      'BINDING_MISMATCH',
    ],
    [
      'from an unknown address fails an allowlist',
      withRequirement(good, { clientAddress: undefined }),
      'IP_NOT_ALLOWED',
    ],
    [
      'from an unknown address passes a key without an allowlist',
      withKey(withRequirement(good, { clientAddress: undefined }), { allowedIps: [] }),
      'VALID',
    ],
    ['with a key without scopes fails a required one', withKey(good, { scopes: [] }), 'INSUFFICIENT_SCOPE'],
    [
      'with a key without scopes passes where none is required',
      withKey(withRequirement(good, { scopes: { allOf: [], anyOf: [] } }), { scopes: [] }),
      'VALID',
    ],
    [
      'needs one of the scopes of which one is required',
      withRequirement(good, { scopes: { allOf: [], anyOf: [['memory:write', 'memory:delete']] } }),
      'INSUFFICIENT_SCOPE',
    ],
  ])('%s', (_sentence, it, code) => {
    expect(judge(it).code).toBe(code);
  });
});

describe('the address of a client', () => {
  it('is looked up only where a key has an allowlist: that costs as much as all the rest', () => {
    const lookUp = jest.fn(() => '203.0.113.7');
    const requirement = Object.defineProperty({ ...good.requirement }, 'clientAddress', { get: lookUp });
    const asking: Case = { ...good, requirement };
    expect(judge(withKey(asking, { allowedIps: [] })).code).toBe('VALID');
    expect(lookUp).not.toHaveBeenCalled();
    expect(judge(asking).code).toBe('VALID');
    expect(lookUp).toHaveBeenCalledTimes(1);
  });
});
