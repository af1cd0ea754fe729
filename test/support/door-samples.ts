import {
  type CreateApiKey,
  type IssuedApiKey,
  KeyImportService,
  rootCaller,
  type VerificationCode,
} from 'keyward';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { hashToken, issueToken } from '../../src/api-keys/domain/token/key-token';
import {
  DISABLED_OWNER,
  type DoorsHost,
  NARROWED_OWNER,
  READING_OWNER,
  SUSPENDED_ORG,
  SUSPENDED_OWNER,
} from './doors-host';
import { mistyped } from './mistyped';

/** The organisation, the project or both that a key is bound to. */
export type BoundTo = 'nothing' | 'acme' | 'acme/apollo' | 'globex' | 'apollo';

/** A token as a client presents it, and the expected properties of its key. */
export interface Sample {
  /** The code of the decision on every route. `undefined` for a valid token. */
  readonly fault?: VerificationCode;
  readonly limited?: boolean;
  readonly holdsMemoryRead: boolean;
  readonly boundTo: BoundTo;
  /** The address that the client sends. `unknown` simulates an address that cannot be determined. */
  readonly from?: string;
  readonly token: (host: DoorsHost) => Promise<string>;
}

const HOUR = 3600;
const SHORTLY = 1;
const root = rootCaller('system');
const memoryRead = { scopes: ['memory:read'] };

const issued =
  (request: Partial<CreateApiKey>) =>
  async (host: DoorsHost): Promise<string> =>
    (await host.issue(request)).token;

const afterwards =
  (request: Partial<CreateApiKey>, deed: (host: DoorsHost, id: string) => Promise<unknown>) =>
  async (host: DoorsHost): Promise<string> => {
    const { key, token } = await host.issue(request);
    await deed(host, key.id);
    return token;
  };

const rotate =
  (gracePeriodSeconds: number) =>
  async ({ keys }: DoorsHost, id: string): Promise<IssuedApiKey> =>
    keys.rotate(root, id, { gracePeriodSeconds });
const revoke = async ({ keys }: DoorsHost, id: string): Promise<unknown> => keys.revoke(root, id);
const disable = async ({ keys }: DoorsHost, id: string): Promise<unknown> =>
  keys.update(root, id, { enabled: false });
const expiring = { expiresAt: new Date('2030-01-01T00:00:01Z') };

const good = (request: Partial<CreateApiKey> = memoryRead, rest: Partial<Sample> = {}): Sample => ({
  holdsMemoryRead: true,
  boundTo: 'nothing',
  token: issued(request),
  ...rest,
});
const faulty = (fault: VerificationCode, token: Sample['token'], rest: Partial<Sample> = {}): Sample => ({
  fault,
  holdsMemoryRead: true,
  boundTo: 'nothing',
  token,
  ...rest,
});

/** One token of every kind. Expiring tokens and grace periods end one second after the start of the host's clock. */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  'a valid key': good(),
  'a key with a wildcard scope': good({ scopes: ['memory:*'] }),
  'a key with every scope': good({ scopes: ['*'] }),
  'a key without scopes': good({ scopes: [] }, { holdsMemoryRead: false }),
  'a key with another scope': good({ scopes: ['memory:write'] }, { holdsMemoryRead: false }),
  'a key with a narrower scope': good({ scopes: ['memory:read:own'] }, { holdsMemoryRead: false }),
  'a key bound to acme': good({ ...memoryRead, orgId: 'acme' }, { boundTo: 'acme' }),
  'a key bound to acme and apollo': good(
    { ...memoryRead, orgId: 'acme', projectId: 'apollo' },
    { boundTo: 'acme/apollo' },
  ),
  'a key bound to globex': good({ ...memoryRead, orgId: 'globex' }, { boundTo: 'globex' }),
  'a key bound to apollo in any organisation': good(
    { ...memoryRead, projectId: 'apollo' },
    { boundTo: 'apollo' },
  ),
  'a key of globex without scopes': good(
    { scopes: [], orgId: 'globex' },
    { boundTo: 'globex', holdsMemoryRead: false },
  ),
  'a key that expires later': good({ ...memoryRead, expiresAt: new Date('2030-01-02T00:00:00Z') }),
  'a rotated key in grace': good(memoryRead, { token: afterwards(memoryRead, rotate(HOUR)) }),
  'the new token of a rotated key': good(memoryRead, {
    token: async (host) => (await rotate(HOUR)(host, (await host.issue(memoryRead)).key.id)).token,
  }),
  'an imported key': good(memoryRead, { token: imported }),
  'a key used from its network': good(
    { ...memoryRead, allowedIps: ['203.0.113.0/24'] },
    { from: '203.0.113.7' },
  ),
  'a key used from its IPv6 network': good(
    { ...memoryRead, allowedIps: ['2001:db8::/32'] },
    { from: '2001:db8::7' },
  ),
  'a key used from its address, mapped into IPv6': good(
    { ...memoryRead, allowedIps: ['203.0.113.7'] },
    { from: '::ffff:203.0.113.7' },
  ),
  'a key within its rate limit': good({
    ...memoryRead,
    rateLimits: [{ name: 'default', limit: 1000, windowSeconds: HOUR }],
  }),
  'a key past its rate limit': good(memoryRead, { limited: true, token: usedUp }),

  'a key that a policy narrows to memory:read': good({ scopes: ['*'], ownerId: READING_OWNER }),
  'a key that a policy narrows to other scopes': good(
    { scopes: ['*'], ownerId: NARROWED_OWNER },
    { holdsMemoryRead: false },
  ),
  'a key of globex that a policy narrows to other scopes': good(
    { scopes: ['memory:*'], orgId: 'globex', ownerId: NARROWED_OWNER },
    { boundTo: 'globex', holdsMemoryRead: false },
  ),

  nonsense: faulty('MALFORMED', async () => 'nonsense'),
  'a mistyped token': faulty('MALFORMED', async (host) => mistyped(await issued(memoryRead)(host))),
  'a foreign token without a known prefix': faulty('MALFORMED', async () => `ym_${'a'.repeat(40)}`),
  'a wrong secret': faulty(
    'NOT_FOUND',
    async (host) => issueToken('kw', (await host.issue(memoryRead)).key.id).token,
  ),
  'a token of no key': faulty('NOT_FOUND', async () => issueToken('kw', newKeyId(new Date())).token),
  'a foreign token of no key': faulty('NOT_FOUND', async () => `xm_${'a'.repeat(40)}`),
  'a rotated key without grace': faulty('ROTATED', afterwards(memoryRead, rotate(0))),
  'a rotated key past its grace': faulty('ROTATED', afterwards(memoryRead, rotate(SHORTLY))),
  'a revoked key': faulty('REVOKED', afterwards(memoryRead, revoke)),
  'a disabled key': faulty('DISABLED', afterwards(memoryRead, disable)),
  'an expired key': faulty('EXPIRED', issued({ ...memoryRead, ...expiring })),
  'a key of a disabled owner': faulty('OWNER_DISABLED', issued({ ...memoryRead, ownerId: DISABLED_OWNER })),
  'a key of a suspended organisation': faulty(
    'TENANT_SUSPENDED',
    issued({ ...memoryRead, orgId: SUSPENDED_ORG }),
  ),
  'a key of a suspended owner': faulty(
    'TENANT_SUSPENDED',
    issued({ ...memoryRead, ownerId: SUSPENDED_OWNER }),
  ),
  'a key used from elsewhere': faulty(
    'IP_NOT_ALLOWED',
    issued({ ...memoryRead, allowedIps: ['203.0.113.0/24'] }),
    { from: '198.51.100.1' },
  ),
  'a key with an allowlist, used from an unknown address': faulty(
    'IP_NOT_ALLOWED',
    issued({ ...memoryRead, allowedIps: ['203.0.113.0/24'] }),
    { from: 'unknown' },
  ),

  'a retired token of a revoked key': faulty(
    'ROTATED',
    afterwards(memoryRead, async (host, id) => {
      await rotate(0)(host, id);
      await revoke(host, id);
    }),
  ),
  'a revoked key that is disabled too': faulty(
    'REVOKED',
    afterwards(memoryRead, async (host, id) => {
      await disable(host, id);
      await revoke(host, id);
    }),
  ),
  'a disabled key that is expired too': faulty(
    'DISABLED',
    afterwards({ ...memoryRead, ...expiring }, disable),
  ),
  'an expired key of a disabled owner': faulty('EXPIRED', issued({ ...expiring, ownerId: DISABLED_OWNER })),
  'a key of a disabled owner in a suspended organisation': faulty(
    'OWNER_DISABLED',
    issued({ ...memoryRead, orgId: SUSPENDED_ORG, ownerId: DISABLED_OWNER }),
  ),
  'a key of a suspended organisation, used from elsewhere': faulty(
    'TENANT_SUSPENDED',
    issued({ orgId: SUSPENDED_ORG, allowedIps: ['203.0.113.7'] }),
    { from: '198.51.100.1' },
  ),
  'a key of a disabled owner, used from elsewhere': faulty(
    'OWNER_DISABLED',
    issued({ ownerId: DISABLED_OWNER, allowedIps: ['203.0.113.7'] }),
    { from: '198.51.100.1' },
  ),
  'a key of globex without scopes, used from elsewhere': faulty(
    'IP_NOT_ALLOWED',
    issued({ orgId: 'globex', allowedIps: ['203.0.113.7'] }),
    { from: '198.51.100.1', boundTo: 'globex', holdsMemoryRead: false },
  ),
};

async function imported(host: DoorsHost): Promise<string> {
  const token = 'xm_3fb0f2b04a9c4f0f8f4d5f7a3f0e9d11';
  await host.app.get(KeyImportService).import(root, { hash: hashToken(token), name: 'n', ...memoryRead }, 1);
  return token;
}

async function usedUp(host: DoorsHost): Promise<string> {
  const { token } = await host.issue({
    ...memoryRead,
    rateLimits: [{ name: 'default', limit: 1, windowSeconds: HOUR }],
  });
  await host.as(token).get('/probe/any');
  return token;
}
