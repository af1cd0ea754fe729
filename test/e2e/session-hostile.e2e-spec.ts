import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { AUDIENCE, CLIENTS, IdentityProvider, OTHER_AUDIENCE } from '../support/identity-provider';
import { HOSTILE_TOKENS } from '../support/identity-provider/hostile-tokens';
import { SigningKey } from '../support/identity-provider/signing-key';
import type { HttpAnswer } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const ME = '/v1/users/me';

function expectRefused(answer: HttpAnswer): void {
  expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_session']);
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="keyward", error="invalid_token"/);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
}

describe('the verification of sessions', () => {
  const attackersKey = new SigningKey();
  let attackerWasAsked = 0;
  const attacker = createServer((_request, response) => {
    attackerWasAsked += 1;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ keys: [attackersKey.publicJwk] }));
  });
  let attackersUrl: string;
  let provider: IdentityProvider;
  let service: TestService;

  beforeAll(async () => {
    attacker.listen(0, '127.0.0.1');
    await once(attacker, 'listening');
    attackersUrl = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}/jwks`;
    provider = await IdentityProvider.start();
    service = await startService('memory', {
      OIDC_ISSUER: provider.issuer,
      OIDC_AUDIENCE: `${AUDIENCE},${CLIENTS.ours}`,
      OIDC_ADMIN_CLAIM: 'roles=keyward-admin',
      FAILED_CREDENTIALS_PER_MINUTE: '1000000',
    });
    await service.as(await provider.tokenFor('grace')).get(ME);
  });
  afterAll(async () => {
    await service.stop();
    await provider.stop();
    attacker.close();
  });

  const knownUsers = async (): Promise<unknown> =>
    (await service.as(service.root.token).get('/v1/users')).text;

  it.each(Object.entries(HOSTILE_TOKENS))(
    'rejects the token with 401 and creates no user: %s [T20][T67]',
    async (_name, forge) => {
      const before = await knownUsers();
      const token = await forge({ provider, attackersKey, attackersUrl });
      const answer = await service.as(token).get(ME);
      expectRefused(answer);
      expect(answer.text).not.toContain(token.slice(0, 40));
      expectRefused(await service.as(token).post('/v1/api-keys', { name: 'n', scopes: [] }));
      expect(await knownUsers()).toBe(before);
      expect(attackerWasAsked).toBe(0);
    },
  );

  it('gives the same answer for every invalid token', async () => {
    const answers = await Promise.all(
      Object.values(HOSTILE_TOKENS).map(async (forge) =>
        service.as(await forge({ provider, attackersKey, attackersUrl })).get(ME),
      ),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => headers.get('www-authenticate'))).size).toBe(1);
  });

  it.each([
    ['an opaque access token', async () => provider.tokenFor('ada', { resource: null })],
    ['an encrypted token', () => `${provider.sign({})}.AAAA.AAAA`],
    ['a token with a space', () => `${provider.sign({})}. `],
    ['two parts', () => provider.sign({}).split('.').slice(0, 2).join('.')],
    ['padding', () => `${provider.sign({})}==`],
  ])('rejects a token that is not a JWT as a malformed API key: %s', async (_name, token) => {
    const answer = await service.as(await token()).get(ME);
    expect([answer.status, answer.body['code']]).toEqual([401, 'malformed_token']);
  });

  it('rejects a token of 100 kB with 431', async () => {
    const token = provider.sign({ comment: 'a'.repeat(75_000) });
    const answer = await service.as(token).get(ME);
    expect([answer.status, answer.body['code']]).toEqual([431, 'headers_too_large']);
  });

  it.each([
    ['the usual claims', {}, {}],
    ['no type', {}, { typ: undefined }],
    ['the type of an access token', {}, { typ: 'at+jwt' }],
    ['the full type of an access token', {}, { typ: 'application/at+jwt' }],
    ['a type in lower case', {}, { typ: 'jwt' }],
    ['no kid if the provider has one key', {}, { kid: undefined }],
    ['the accepted audience alone, in a list', { aud: [AUDIENCE] }, {}],
    [
      'the accepted audience among others, issued to an accepted client',
      { aud: [OTHER_AUDIENCE, AUDIENCE], azp: CLIENTS.ours },
      {},
    ],
    ['the accepted audience alone, issued to another client', { azp: CLIENTS.foreign }, {}],
    ['a subject of 255 characters', { sub: 's'.repeat(255) }, {}],
    ['unknown headers', {}, { jku: 'https://id.example.com/jwks', x5t: 'AAAA' }],
  ])('accepts a token with %s [T67]', async (_name, claims, header) => {
    expect((await service.as(provider.sign(claims, header)).get(ME)).status).toBe(200);
    expect(attackerWasAsked).toBe(0);
  });
});

describe('a session near its start or its expiry', () => {
  const EVERYTHING_BUT_DATE = [
    'hrtime',
    'nextTick',
    'performance',
    'queueMicrotask',
    'setImmediate',
    'clearImmediate',
    'setInterval',
    'clearInterval',
    'setTimeout',
    'clearTimeout',
  ] as const;
  let provider: IdentityProvider;
  let service: TestService;

  beforeAll(async () => {
    provider = await IdentityProvider.start();
    service = await startService('memory', { OIDC_ISSUER: provider.issuer, OIDC_AUDIENCE: AUDIENCE });
    jest.useFakeTimers({ now: Date.now(), doNotFake: [...EVERYTHING_BUT_DATE] });
  });
  afterAll(async () => {
    jest.useRealTimers();
    await service.stop();
    await provider.stop();
  });

  it.each([
    ['ended 4 s ago', { exp: -4 }, 200],
    ['ended 5 s ago', { exp: -5 }, 401],
    ['begins in 5 s', { nbf: 5 }, 200],
    ['begins in 6 s', { nbf: 6 }, 401],
  ])('has 5 s of clock tolerance: %s', async (_name, seconds, status) => {
    const now = Math.floor(Date.now() / 1000);
    const times = Object.entries(seconds).map(([claim, offset]) => [claim, now + offset] as const);
    const token = provider.sign(Object.fromEntries(times));
    expect((await service.as(token).get(ME)).status).toBe(status);
  });
});
