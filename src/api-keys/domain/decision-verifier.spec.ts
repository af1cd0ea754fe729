import type { ApiKey } from './api-key';
import type { Binding } from './binding';
import { type Decision, decide, type DecisionCode, type Requirement, storedState } from './decision';
import { noPolicy } from './policy-state';
import { prepareKey } from './prepared-key';
import { digestOfHex } from './token/token-digest';

const NOON = new Date('2027-01-31T12:00:00.000Z');
const EARLIER = new Date('2027-01-31T11:59:59.999Z');
const LATER = new Date('2027-01-31T12:00:00.001Z');
const HASH = 'c0'.repeat(32);
const OLD_HASH = 'b0'.repeat(32);

const unbound: ApiKey = {
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  name: 'reader',
  createdBy: 'cli',
  scopes: ['memory:read'],
  allowedIps: ['203.0.113.0/24'],
  rateLimits: [],
  metadata: {},
  enabled: true,
  expiresAt: LATER,
  secrets: [
    { hash: OLD_HASH, createdAt: EARLIER, retiresAt: EARLIER },
    { hash: HASH, createdAt: EARLIER },
  ],
  version: 2,
  createdAt: EARLIER,
  updatedAt: EARLIER,
};

/** A fault of the token or the key other than its binding. */
interface Fault {
  readonly code: DecisionCode;
  readonly hash?: string;
  readonly key?: Partial<ApiKey>;
  readonly ownerActive?: boolean;
  readonly suspended?: boolean;
  readonly requirement?: Partial<Requirement>;
}
const CASES: readonly Fault[] = [
  { code: 'ROTATED', hash: OLD_HASH },
  { code: 'REVOKED', key: { revokedAt: EARLIER } },
  { code: 'DISABLED', key: { enabled: false } },
  { code: 'EXPIRED', key: { expiresAt: NOON } },
  { code: 'OWNER_DISABLED', ownerActive: false },
  { code: 'TENANT_SUSPENDED', suspended: true },
  { code: 'IP_NOT_ALLOWED', requirement: { clientAddress: '198.51.100.7' } },
  { code: 'INSUFFICIENT_SCOPE', requirement: { scopes: { allOf: ['memory:write'], anyOf: [] } } },
  { code: 'VALID' },
];

function judge(binding: Binding, verifier: Binding | undefined, fault: Fault): Decision {
  const { hash = HASH, ownerActive = true, suspended = false } = fault;
  const key = { ...unbound, ...binding, ...fault.key };
  const requirement: Requirement = {
    scopes: { allOf: ['memory:read'], anyOf: [] },
    tenant: binding,
    clientAddress: '203.0.113.7',
    verifier,
    ...fault.requirement,
  };
  const stored = storedState(prepareKey(key), ownerActive, [{ ...noPolicy('owner:ann'), suspended }]);
  return decide(digestOfHex(hash), stored, requirement, NOON);
}

const acme: Binding = { orgId: 'acme' };
const apollo: Binding = { orgId: 'acme', projectId: 'apollo' };

describe.each(CASES)('a token that would be $code', (fault) => {
  it.each<[string, Binding, Binding]>([
    ['of globex, and the verifier is of acme', { orgId: 'globex' }, acme],
    ['of another project than the verifier', { orgId: 'acme', projectId: 'hermes' }, apollo],
    ['bound only to another project than the verifier', { projectId: 'hermes' }, apollo],
  ])('is NOT_FOUND and reveals no key if the key is %s', (_where, binding, verifier) => {
    expect(judge(binding, verifier, fault)).toEqual({ code: 'NOT_FOUND' });
  });

  it.each<[string, Binding, Binding | undefined]>([
    ['unbound, and the verifier is of acme', {}, acme],
    ['of acme, and the verifier is of acme', acme, acme],
    ['of a project of acme, and the verifier is of acme', apollo, acme],
    ['of acme, and the verifier is of a project of acme', acme, apollo],
    ['of globex, and the verifier is unbound', { orgId: 'globex' }, {}],
    ['of globex, and its holder presents it', { orgId: 'globex' }, undefined],
  ])('keeps its code and reveals the key if the key is %s', (_where, binding, verifier) => {
    const decision = judge(binding, verifier, fault);
    expect(decision.code).toBe(fault.code);
    expect(decision.key).toMatchObject(binding);
  });
});

describe('a key bound to another tenant than the verifier', () => {
  it('gets the same answer as a missing key and as a wrong secret', () => {
    const elsewhere = judge({ orgId: 'globex' }, acme, { code: 'NOT_FOUND' });
    const requirement: Requirement = {
      scopes: { allOf: [], anyOf: [] },
      tenant: acme,
      clientAddress: undefined,
      verifier: acme,
    };
    const missing = decide(digestOfHex(HASH), null, requirement, NOON);
    expect(elsewhere).toEqual(missing);
    expect(judge(acme, acme, { code: 'NOT_FOUND', hash: 'a0'.repeat(32) })).toEqual(missing);
  });

  it('gives MALFORMED, like any other key, if the token is malformed', () => {
    const requirement: Requirement = {
      scopes: { allOf: [], anyOf: [] },
      tenant: acme,
      clientAddress: undefined,
      verifier: acme,
    };
    expect(decide(null, null, requirement, NOON)).toEqual({ code: 'MALFORMED' });
  });

  it('is a BINDING_MISMATCH for an unbound verifier that requires another tenant', () => {
    const asked = { code: 'BINDING_MISMATCH', requirement: { tenant: acme } } as const;
    expect(judge({ orgId: 'globex' }, {}, asked).code).toBe('BINDING_MISMATCH');
  });
});
