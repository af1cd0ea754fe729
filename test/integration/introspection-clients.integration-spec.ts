import { join } from 'node:path';
import { freePort } from '../support/free-port';
import { installed, linesOf } from '../support/integration/introspection-client';
import { type IssuedKey, type Keyward, startKeywardInMemory } from '../support/integration/keyward';

let keyward: Keyward;
let verifier: IssuedKey;
/** Holds `memory:*` at acme. */
let wildcard: IssuedKey;
/** Holds exactly `memory:read` at acme. */
let reader: IssuedKey;
/** Valid keys that are inactive for acme, or for `memory:read`. */
let others: readonly string[];
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  keyward = await startKeywardInMemory({ PORT: String(port), PUBLIC_URL: issuer });
  verifier = await keyward.issue({ scopes: ['api-keys:verify'], orgId: 'acme' });
  wildcard = await keyward.issue({ scopes: ['memory:*'], orgId: 'acme' });
  reader = await keyward.issue({ scopes: ['memory:read'], orgId: 'acme' });
  const globex = await keyward.issue({ scopes: ['memory:*'], orgId: 'globex' });
  const revoked = await keyward.issue({ scopes: ['memory:*'], orgId: 'acme' });
  await keyward.root.delete(`/v1/api-keys/${revoked.id}`);
  others = [globex.token, revoked.token, 'nonsense'];
  environment = { ISSUER: issuer, CLIENT_ID: verifier.id, CLIENT_SECRET: verifier.token };
});
afterAll(async () => keyward.stop());

const parsed = (lines: readonly string[]): unknown => lines.map((line) => JSON.parse(line) as unknown);

const springIntrospects = async (more: Readonly<Record<string, string>>): Promise<readonly string[]> =>
  linesOf(
    'java',
    ['-cp', installed('SPRING_SECURITY_CLASSPATH'), 'Client', wildcard.token, reader.token, ...others],
    { ...environment, ...more },
  );

describe('authlib, which compares scopes as text,', () => {
  it.each(['client_secret_basic', 'client_secret_post'])(
    'with %s, allows a key whose wildcard covers the scope',
    async (method) => {
      const writer = await keyward.issue({ scopes: ['memory:write'], orgId: 'acme' });
      const client = join(__dirname, 'clients/authlib/client.py');
      const tokens = [wildcard.token, reader.token, writer.token, ...others];
      const lines = await linesOf(installed('AUTHLIB_PYTHON'), ['-B', client, ...tokens], {
        ...environment,
        AUTH_METHOD: method,
        SCOPE: 'memory:read',
      });
      const allowed = { active: true, scope: 'memory:read', verdict: 'allowed' };
      const inactive = { active: false, scope: '', verdict: 'invalid_token' };
      expect(parsed(lines)).toEqual([allowed, allowed, inactive, inactive, inactive, inactive]);
    },
  );
});

describe('zitadel/oidc', () => {
  it('discovers the introspection endpoint and introspects tokens with it', async () => {
    const tokens = [wildcard.token, reader.token, ...others];
    const lines = await linesOf(installed('ZITADEL_OIDC_CLIENT'), tokens, environment);
    const inactive = { active: false, scope: '', clientId: '' };
    expect(parsed(lines)).toEqual([
      { active: true, scope: 'memory:*', clientId: wildcard.id },
      { active: true, scope: 'memory:read', clientId: reader.id },
      inactive,
      inactive,
      inactive,
    ]);
  });
});

describe('Spring Security', () => {
  it('creates an authority for each scope of an active key', async () => {
    expect(await springIntrospects({})).toEqual([
      'SCOPE_memory:*',
      'SCOPE_memory:read',
      'inactive',
      'inactive',
      'inactive',
    ]);
  });

  it('creates an authority for the requested scope if a wildcard of the key covers it', async () => {
    expect(await springIntrospects({ SCOPE: 'memory:read' })).toEqual([
      'SCOPE_memory:read',
      'SCOPE_memory:read',
      'inactive',
      'inactive',
      'inactive',
    ]);
  });
});
