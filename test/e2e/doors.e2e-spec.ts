import type { VerificationCode } from 'keyward';
import { type BoundTo, SAMPLES, type Sample } from '../support/door-samples';
import { type DoorsHost, READING_OWNER, startDoorsHost } from '../support/doors-host';
import { postForm } from '../support/form';
import { askDoors, type Question, SAYINGS } from '../support/four-doors';
import { ADAPTERS } from '../support/two-adapters';

const TENANTS = {
  'no tenant': {},
  acme: { orgId: 'acme' },
  'acme/apollo': { orgId: 'acme', projectId: 'apollo' },
  globex: { orgId: 'globex' },
  apollo: { projectId: 'apollo' },
} as const satisfies Readonly<Record<string, Question>>;

type Tenant = keyof typeof TENANTS;

/** The tenants for which a key is valid, by its binding. */
const GOOD_FOR: Readonly<Record<BoundTo, readonly Tenant[]>> = {
  nothing: ['no tenant', 'acme', 'acme/apollo', 'globex', 'apollo'],
  acme: ['acme', 'acme/apollo'],
  'acme/apollo': ['acme/apollo'],
  globex: ['globex'],
  apollo: ['acme/apollo', 'apollo'],
};

function expectedCode(sample: Sample, scope: string | undefined, tenant: Tenant): VerificationCode {
  if (sample.fault !== undefined) return sample.fault;
  if (scope !== undefined && !sample.holdsMemoryRead) return 'INSUFFICIENT_SCOPE';
  if (!GOOD_FOR[sample.boundTo].includes(tenant)) return 'BINDING_MISMATCH';
  return sample.limited === true ? 'RATE_LIMITED' : 'VALID';
}

const ROWS = Object.entries(SAMPLES).flatMap(([name, sample]) =>
  ([undefined, 'memory:read'] as const).flatMap((scope) =>
    (Object.keys(TENANTS) as Tenant[]).map((tenant) => ({
      name,
      scope,
      tenant,
      required: `${scope === undefined ? 'a valid key' : `the scope ${scope}`} in ${tenant}`,
      code: expectedCode(sample, scope, tenant),
      introspected: expectedCode(sample, undefined, tenant),
    })),
  ),
);

describe.each(ADAPTERS)('the guard and the decision endpoints on %s', (adapter) => {
  let host: DoorsHost;
  let verifier: string;
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    host = await startDoorsHost(adapter);
    verifier = (await host.issue({ scopes: ['api-keys:verify'] })).token;
    for (const [name, sample] of Object.entries(SAMPLES)) tokens.set(name, await sample.token(host));
    host.advance(2);
  });
  afterAll(async () => host.close());

  it.each(ROWS)(
    'agree on $code for $name when the requirement is $required [T54]',
    async ({ name, scope, tenant, code, introspected }) => {
      const presented = { token: tokens.get(name) ?? '', from: SAMPLES[name]?.from };
      const said = await askDoors(host, verifier, presented, { scope, ...TENANTS[tenant] });
      expect(said).toEqual({ ...SAYINGS[code], introspect: SAYINGS[introspected].introspect });
    },
  );

  it('are tested with every decision code', () => {
    expect(new Set(ROWS.map(({ code }) => code))).toEqual(new Set(Object.keys(SAYINGS)));
  });

  it('share one rate limit per key, except introspection', async () => {
    const { token } = await host.issue({
      scopes: [],
      rateLimits: [{ name: 'default', limit: 3, windowSeconds: 3600 }],
    });
    const asked = await askDoors(host, verifier, { token }, {});
    expect(asked).toEqual(SAYINGS.VALID);
    const again = await askDoors(host, verifier, { token }, {});
    expect(again).toEqual(SAYINGS.RATE_LIMITED);
  });

  it('give the scopes that the key and its policies allow, not those of its record [T130]', async () => {
    const { token, key } = await host.issue({ scopes: ['*'], ownerId: READING_OWNER });
    const asker = host.as(verifier);
    const holder = host.as(token);
    const verified = await asker.post('/v1/api-keys/verify', { token, authenticated: true });
    expect(verified.body).toMatchObject({ valid: true, key: { scopes: ['memory:read'] } });
    expect((await postForm(asker, '/oauth2/introspect', { token })).body['scope']).toBe('memory:read');
    const forwarded = await holder.get('/v1/forward-auth?authenticated=1');
    expect(forwarded.headers.get('x-auth-scopes')).toBe('memory:read');
    expect((await holder.get('/probe/scopes')).body).toEqual({ scopes: ['memory:read'] });
    expect((await holder.get('/v1/api-keys/self')).body).toMatchObject({ id: key.id, scopes: ['*'] });
  });

  it('reveal why a key is invalid only if the secret is correct', async () => {
    const dead = await host.issue({ orgId: 'acme', expiresAt: new Date('2030-01-01T00:00:03Z') });
    host.advance(2);
    const guess = tokens.get('a wrong secret') ?? '';
    const guessed = await askDoors(host, verifier, { token: guess }, { orgId: 'acme' });
    const unknown = await askDoors(host, verifier, { token: tokens.get('a token of no key') ?? '' }, {});
    expect(guessed).toEqual(unknown);
    expect(await askDoors(host, verifier, { token: dead.token }, {})).toEqual(SAYINGS.EXPIRED);
  });
});
