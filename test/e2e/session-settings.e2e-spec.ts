import { ConfigurationError } from 'keyward';
import { IdentityProvider } from '../support/identity-provider';
import { HttpClient } from '../support/http-client';
import { runBuiltService, runNode } from '../support/node-process';
import { startService } from '../support/service';

const ISSUER = 'https://id.example.com';
const ISSUER_REMEDY = 'use the exact "iss" of its tokens, an https address (http on this machine only)';
const LIST_REMEDY = 'use a JSON list such as [{"issuer"';

const WRONG: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  ['an issuer without an audience', { OIDC_ISSUER: ISSUER }, 'OIDC_ISSUER and OIDC_AUDIENCE go together'],
  [
    'an audience without an issuer',
    { OIDC_AUDIENCE: 'keyward' },
    'OIDC_ISSUER and OIDC_AUDIENCE go together',
  ],
  [
    'an issuer that is not a URL',
    issuer('id.example.com'),
    `OIDC_ISSUER is "id.example.com": ${ISSUER_REMEDY}`,
  ],
  ['plain http to another host', issuer('http://id.example.com'), `: ${ISSUER_REMEDY}`],
  ['plain http to a host that looks local', issuer('http://localhost.example.com'), `: ${ISSUER_REMEDY}`],
  ['another scheme', issuer('file:///etc/passwd'), `: ${ISSUER_REMEDY}`],
  ['an issuer with a query', issuer(`${ISSUER}?tenant=acme`), `: ${ISSUER_REMEDY}`],
  ['an issuer with a fragment', issuer(`${ISSUER}#acme`), `: ${ISSUER_REMEDY}`],
  ['a template for many tenants', issuer(`${ISSUER}/{tenantid}/v2.0`), `: ${ISSUER_REMEDY}`],
  ['an admin claim without a value', { ...issuer(ISSUER), OIDC_ADMIN_CLAIM: 'roles' }, 'use path=value'],
  ['an admin claim with an empty value', { ...issuer(ISSUER), OIDC_ADMIN_CLAIM: 'roles=' }, 'use path=value'],
  ['an admin claim without a path', { ...issuer(ISSUER), OIDC_ADMIN_CLAIM: '=admin' }, 'use path=value'],
  ['a list that is not JSON', { OIDC_ISSUERS: ISSUER }, LIST_REMEDY],
  ['an object instead of a list', { OIDC_ISSUERS: '{}' }, LIST_REMEDY],
  ['a listed issuer that is not a URL', listed({ issuer: 'x' }), LIST_REMEDY],
  ['a listed issuer without an audience', listed({ audience: undefined }), LIST_REMEDY],
  ['a listed issuer with an empty list of audiences', listed({ audience: [] }), LIST_REMEDY],
  ['a listed issuer with an empty audience', listed({ audience: [''] }), LIST_REMEDY],
  ['a listed issuer with an audience as text', listed({ audience: 'keyward' }), LIST_REMEDY],
  ['a listed issuer with a misspelt field', listed({ adminClam: 'roles=admin' }), LIST_REMEDY],
  ['a listed issuer with an admin claim without a value', listed({ adminClaim: 'roles' }), LIST_REMEDY],
  ['invalid scopes for users', { USER_GRANTABLE_SCOPES: 'Memory Read' }, 'use scopes such as memory:read'],
];

function issuer(address: string): Readonly<Record<string, string>> {
  return { OIDC_ISSUER: address, OIDC_AUDIENCE: 'keyward' };
}

function listed(change: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return { OIDC_ISSUERS: JSON.stringify([{ issuer: ISSUER, audience: ['keyward'], ...change }]) };
}

describe('the settings for sign-in', () => {
  it.each(WRONG)('prevent the start with %s', async (_name, settings, sentence) => {
    const refusal = await startService('memory', settings).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(String(refusal)).toContain(sentence);
  });

  it('prevent the start with one line that names every invalid setting', async () => {
    const settings = { ...issuer('http://id.example.com'), OIDC_ADMIN_CLAIM: 'roles', OIDC_ISSUERS: '{}' };
    const running = runNode(['dist/main.js'], { NODE_ENV: 'development', PORT: '0', ...settings });
    expect(await running.exited()).toBe(1);
    expect(running.stderr()).toMatch(/^keyward: OIDC_ISSUER .*OIDC_ADMIN_CLAIM .*OIDC_ISSUERS [^\n]+\n$/);
  });

  it('turn sessions off if no issuer is set, and a log line says so', async () => {
    const running = await runBuiltService({ NODE_ENV: 'development' });
    const provider = await IdentityProvider.start();
    try {
      expect(running.stdout()).toContain('no OIDC issuer is configured: sessions are off, API keys work');
      const answer = await new HttpClient(running.url, provider.sign({})).get('/v1/users/me');
      expect([answer.status, answer.body['code']]).toEqual([401, 'malformed_token']);
      const [, root = ''] = await running.waitFor(/root key: (\S+)/);
      expect((await new HttpClient(running.url, root).get('/v1/api-keys/self')).status).toBe(200);
    } finally {
      await provider.stop();
      await running.stop();
    }
  });

  it('allow the start while the provider is unreachable', async () => {
    const running = await runBuiltService({
      NODE_ENV: 'development',
      OIDC_SWAGGER_CLIENT_ID: 'keyward-docs',
      ...issuer('http://127.0.0.1:1'),
    });
    expect((await fetch(`${running.url}/docs`)).status).toBe(200);
    expect(running.stdout()).not.toContain('sessions are off');
    await running.stop();
  });
});
