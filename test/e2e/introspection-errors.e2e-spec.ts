import { postForm } from '../support/form';
import type { HttpAnswer, HttpClient } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const PATH = '/oauth2/introspect';
const FORM = 'application/x-www-form-urlencoded';

function expectOAuthError(answer: HttpAnswer, status: number, error = 'invalid_request'): void {
  expect([answer.status, answer.body['error']]).toEqual([status, error]);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json\b/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(Object.keys(answer.body).toSorted()).toEqual(['code', 'error', 'error_description']);
  // The characters of RFC 6749 section 5.2.
  expect(answer.body['error_description']).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
}

describe('the introspection endpoint', () => {
  let service: TestService;
  let asker: HttpClient;
  let token: string;

  beforeAll(async () => {
    service = await startService('memory');
    asker = service.as((await service.issue({ scopes: ['api-keys:verify'] })).token);
    ({ token } = await service.issue({ scopes: ['*'] }));
  });
  afterAll(async () => service.stop());

  const forms: readonly (readonly [string, RegExp, (t: string) => string])[] = [
    ['a missing token', /token/, () => 'token_type_hint=access_token'],
    ['an empty form', /token/, () => ''],
    ['a token twice', /token .*once/, (t) => `token=${t}&token=${t}`],
    ['two different tokens', /token .*once/, (t) => `token=nonsense&token=${t}`],
    ['a token as a list', /token/, (t) => `token[]=${t}`],
    ['a token as an object', /token/, (t) => `token[$ne]=${t}`],
    ['a hint twice', /token_type_hint .*once/, (t) => `token=${t}&token_type_hint=a&token_type_hint=b`],
    ['a client_secret beside a bearer token', /one API key/, (t) => `token=${t}&client_id=x&client_secret=y`],
    ['a client_id twice', /client_id .*once/, (t) => `token=${t}&client_id=x&client_id=x`],
    ['a client_secret twice', /client_secret .*once/, (t) => `token=${t}&client_secret=x&client_secret=x`],
    ['a scope twice', /scope .*once/, (t) => `token=${t}&scope=memory:read&scope=memory:read`],
    ['an organisation twice', /org_id/, (t) => `token=${t}&org_id=acme&org_id=acme`],
    ['an invalid organisation', /org_id/, (t) => `token=${t}&org_id=a%2Fb`],
    ['an empty organisation', /org_id/, (t) => `token=${t}&org_id=`],
    ['a NUL in the project', /project_id/, (t) => `token=${t}&project_id=%00`],
    ['a host name as the address', /ip/, (t) => `token=${t}&ip=localhost`],
    ['two addresses', /ip/, (t) => `token=${t}&ip=203.0.113.7&ip=203.0.113.8`],
  ];

  it.each(forms)('rejects %s with 400 and a description that matches %s', async (_name, says, form) => {
    const answer = await postForm(asker, PATH, form(token));
    expectOAuthError(answer, 400);
    expect(answer.body['error_description']).toMatch(says);
    expect(answer.text).not.toContain(token);
  });

  it('rejects a missing credential with 401', async () => {
    expectOAuthError(await postForm(service.as(), PATH, `token=${token}`), 401, 'invalid_client');
  });

  it('rejects a missing body with 400', async () => {
    expectOAuthError(await asker.post(PATH), 400);
  });

  it.each([
    ['empty', ''],
    ['only a space', '+'],
    ['a scope and a space', 'memory:read+'],
    ['separated by two spaces', 'memory:read++memory:write'],
    ['separated by a comma', 'memory:read,memory:write'],
    ['on two lines', 'memory:read%0Amemory:write'],
    ['a wildcard', '*'],
    ['a wildcard at the end', 'memory:*'],
    ['a scope that no key can hold', 'Memory:Read'],
    ['101 scopes', Array.from({ length: 101 }, (_, index) => `s${index}`).join('+')],
  ])('rejects a scope parameter that is %s with 400 invalid_scope', async (_name, scope) => {
    const answer = await postForm(asker, PATH, `token=${token}&scope=${scope}`);
    expectOAuthError(answer, 400, 'invalid_scope');
    expect([answer.body['code'], answer.body['error_description']]).toEqual([
      'invalid_scope',
      expect.stringContaining('scopes without wildcards, such as memory:read'),
    ]);
  });

  it.each(['token', 'scope', 'org_id', 'project_id', 'ip', 'client_id', 'client_secret'])(
    'rejects %s in the query with 400 instead of ignoring it [T19]',
    async (name) => {
      const answer = await postForm(asker, `${PATH}?${name}=${token}`, { token });
      expectOAuthError(answer, 400);
      expect(answer.body['error_description']).toContain(name);
      expect(answer.text).not.toContain(token);
    },
  );

  it.each([
    ['JSON', 'application/json', (t: string) => JSON.stringify({ token: t })],
    ['malformed JSON', 'application/json', () => '{"token":'],
    ['JSON with a charset', 'application/json; charset=utf-8', () => '{}'],
    ['text', 'text/plain', (t: string) => `token=${t}`],
    ['XML', 'application/xml', () => '<token/>'],
    ['multipart form data', 'multipart/form-data; boundary=x', () => '--x--'],
    ['an invalid media type', 'nonsense', (t: string) => `token=${t}`],
    ['a type that begins like that of a form', `${FORM}x`, (t: string) => `token=${t}`],
  ])('rejects %s with 415, and names the accepted type', async (_name, type, body) => {
    const answer = await asker.post(PATH, body(token), { 'Content-Type': type });
    expectOAuthError(answer, 415);
    expect(answer.body['error_description']).toContain(FORM);
    expect(answer.text).not.toContain(token);
  });

  it.each([`${FORM}; charset=utf-8`, 'Application/X-WWW-Form-Urlencoded'])(
    'accepts a form of type %s',
    async (type) => {
      const answer = await postForm(asker, PATH, { token }, { 'Content-Type': type });
      expect([answer.status, answer.body['active']]).toEqual([200, true]);
    },
  );

  it('rejects a body of 1 MB with 413', async () => {
    expectOAuthError(await postForm(asker, PATH, `token=${'a'.repeat(1_000_000)}`), 413);
  });

  it.each(['GET', 'PUT', 'DELETE'])('rejects %s with 405 and an OAuth error', async (method) => {
    const answer = await asker.send(method, PATH);
    expectOAuthError(answer, 405);
    expect(answer.headers.get('allow')).toBe('POST');
  });

  it.each([
    ['POST', '/v1/api-keys', 'name=n'],
    ['POST', '/v1/api-keys/verify', 'token=x'],
    ['POST', '/v1/api-keys/import', 'keys=x'],
    ['POST', '/v1/api-keys/self/rotate', 'gracePeriodSeconds=0'],
    ['POST', '/v1/api-keys/01jd8x4k2m6n8p0q2r4s6t8v0w/rotate', 'gracePeriodSeconds=0'],
    ['PATCH', '/v1/api-keys/01jd8x4k2m6n8p0q2r4s6t8v0w', 'name=n'],
  ])('is the only route that accepts a form: %s %s answers 415', async (method, path, form) => {
    const answer = await service.as(service.root.token).send(method, path, form, { 'Content-Type': FORM });
    expect([answer.status, answer.body['code']]).toEqual([415, 'unsupported_media_type']);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });
});
