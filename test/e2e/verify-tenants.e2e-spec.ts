import type { CreateApiKey } from 'keyward';
import { postForm } from '../support/form';
import { takeClock } from '../support/movable-clock';
import { startService, type TestService } from '../support/service';

const clock = takeClock();

const VERIFIERS = {
  acme: { orgId: 'acme' },
  'acme/apollo': { orgId: 'acme', projectId: 'apollo' },
  unbound: {},
} as const satisfies Readonly<Record<string, Partial<CreateApiKey>>>;

const KEYS = {
  'without a binding': {},
  'of acme': { orgId: 'acme' },
  'of apollo in acme': { orgId: 'acme', projectId: 'apollo' },
  'of hermes in acme': { orgId: 'acme', projectId: 'hermes' },
  'of apollo in any organisation': { projectId: 'apollo' },
  'of globex': { orgId: 'globex' },
} as const satisfies Readonly<Record<string, Partial<CreateApiKey>>>;

type KeyName = keyof typeof KEYS;
type Verdict = 'VALID' | 'NOT_FOUND' | 'BINDING_MISMATCH';

/** The decision that each verifier gets if it names no tenant. */
const UNNAMED: Readonly<Record<keyof typeof VERIFIERS, Readonly<Record<KeyName, Verdict>>>> = {
  acme: {
    'without a binding': 'VALID',
    'of acme': 'VALID',
    'of apollo in acme': 'BINDING_MISMATCH',
    'of hermes in acme': 'BINDING_MISMATCH',
    'of apollo in any organisation': 'BINDING_MISMATCH',
    'of globex': 'NOT_FOUND',
  },
  'acme/apollo': {
    'without a binding': 'VALID',
    'of acme': 'VALID',
    'of apollo in acme': 'VALID',
    'of hermes in acme': 'NOT_FOUND',
    'of apollo in any organisation': 'VALID',
    'of globex': 'NOT_FOUND',
  },
  unbound: {
    'without a binding': 'VALID',
    'of acme': 'BINDING_MISMATCH',
    'of apollo in acme': 'BINDING_MISMATCH',
    'of hermes in acme': 'BINDING_MISMATCH',
    'of apollo in any organisation': 'BINDING_MISMATCH',
    'of globex': 'BINDING_MISMATCH',
  },
};

const ROWS = Object.entries(UNNAMED).flatMap(([verifier, verdicts]) =>
  Object.entries(verdicts).map(
    ([key, verdict]) => [verifier as keyof typeof VERIFIERS, key as KeyName, verdict] as const,
  ),
);

describe.each(['memory', 'mongo'] as const)('the verify endpoint with the %s store', (storage) => {
  let service: TestService;
  const verifiers = new Map<string, string>();

  beforeAll(async () => {
    service = await startService(storage);
    for (const [name, binding] of Object.entries(VERIFIERS)) {
      verifiers.set(name, (await service.issue({ ...binding, scopes: ['api-keys:verify'] })).token);
    }
  });
  afterAll(async () => service.stop());

  const codeFor = async (verifier: string, body: object): Promise<unknown> => {
    const answer = await service.as(verifiers.get(verifier)).post('/v1/api-keys/verify', {
      ...body,
      authenticated: true,
    });
    expect(answer.status).toBe(200);
    expect('key' in answer.body).toBe(answer.body['code'] !== 'NOT_FOUND');
    return answer.body['code'];
  };

  it.each(ROWS)(
    'gives the verifier %s, which names no tenant, for a key %s the code %s',
    async (verifier, name, verdict) => {
      const { token } = await service.issue(KEYS[name]);
      expect(await codeFor(verifier, { token })).toBe(verdict);
      const introspected = await postForm(service.as(verifiers.get(verifier)), '/oauth2/introspect', {
        token,
      });
      expect(introspected.body['active']).toBe(verdict === 'VALID');
    },
  );

  it.each([
    [{ orgId: 'acme', projectId: 'hermes' }, 'of hermes in acme', 'VALID'],
    [{ orgId: 'acme', projectId: 'hermes' }, 'of apollo in acme', 'BINDING_MISMATCH'],
    [{ projectId: 'hermes' }, 'of hermes in acme', 'VALID'],
    [{ orgId: 'acme' }, 'of acme', 'VALID'],
    [{ orgId: 'acme' }, 'of globex', 'NOT_FOUND'],
  ] as const)(
    'gives a verifier of acme that names %j, for a key %s the code %s',
    async (named, name, verdict) => {
      const { token } = await service.issue(KEYS[name]);
      expect(await codeFor('acme', { token, ...named })).toBe(verdict);
    },
  );

  const states: readonly (readonly [string, (id: string) => Promise<unknown>])[] = [
    ['revoked', async (id) => service.as(service.root.token).delete(`/v1/api-keys/${id}`)],
    [
      'disabled',
      async (id) => service.as(service.root.token).patch(`/v1/api-keys/${id}`, { enabled: false }),
    ],
    ['rotated', async (id) => service.as(service.root.token).post(`/v1/api-keys/${id}/rotate`, {})],
    ['expired', async () => clock.advance(61)],
  ];

  it.each(states)('hides from a verifier of acme that a key of globex is %s [T55]', async (name, change) => {
    const { key, token } = await service.issue({
      orgId: 'globex',
      expiresAt: name === 'expired' ? clock.in(60) : undefined,
    });
    await change(key.id);
    expect(await codeFor('acme', { token })).toBe('NOT_FOUND');
    expect(await codeFor('acme/apollo', { token })).toBe('NOT_FOUND');
    expect(await codeFor('unbound', { token, orgId: 'globex' })).toBe(name.toUpperCase());
  });

  it.each([
    ['acme', { orgId: 'globex' }],
    ['acme', { orgId: 'Acme' }],
    ['acme', { orgId: 'globex', projectId: 'apollo' }],
    ['acme/apollo', { projectId: 'hermes' }],
    ['acme/apollo', { orgId: 'acme', projectId: 'hermes' }],
  ])('rejects a verifier of %s that names %j with 403', async (verifier, named) => {
    const { token } = await service.issue({});
    const client = service.as(verifiers.get(verifier));
    const answer = await client.post('/v1/api-keys/verify', { token, authenticated: true, ...named });
    expect([answer.status, answer.body['code']]).toEqual([403, 'binding_mismatch']);
    const form = {
      token,
      ...('orgId' in named && { org_id: named.orgId }),
      ...('projectId' in named && { project_id: named.projectId }),
    };
    const introspected = await postForm(client, '/oauth2/introspect', form);
    expect([introspected.status, introspected.body['error']]).toEqual([403, 'access_denied']);
  });
});
