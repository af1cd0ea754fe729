import { postForm } from '../support/form';
import type { HttpClient } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const PATH = '/v1/api-keys/verify';
const NOT_TEXT: readonly unknown[] = [{ $ne: null }, { $gt: '' }, ['a'], [], {}, 7, true, null];
const FIELDS = ['token', 'orgId', 'projectId', 'ip'];

const BODIES: readonly (readonly [string, (token: string) => unknown])[] = [
  ...FIELDS.flatMap((field) =>
    NOT_TEXT.map(
      (value) =>
        [`${field} as ${JSON.stringify(value)}`, (token: string) => ({ token, [field]: value })] as const,
    ),
  ),
  ['no body', () => undefined],
  ['an empty body', () => ''],
  ['broken JSON', () => '{"token":'],
  ['a JSON string', (token) => JSON.stringify(token)],
  ['null', () => 'null'],
  ['a list', (token) => [{ token }]],
  ['no token', () => ({ scopes: ['memory:read'] })],
  ['every scope', (token) => ({ token, scopes: ['*'] })],
  ['a wildcard scope', (token) => ({ token, scopes: ['memory:*'] })],
  ['a wildcard among scopes', (token) => ({ token, scopes: ['memory:read', 'memory:*'] })],
  ['an inner wildcard', (token) => ({ token, scopes: ['a:*:b'] })],
  ['an upper-case scope', (token) => ({ token, scopes: ['Memory:read'] })],
  ['an empty scope', (token) => ({ token, scopes: [''] })],
  ['two scopes in one', (token) => ({ token, scopes: ['memory:read memory:write'] })],
  ['a scope twice', (token) => ({ token, scopes: ['a', 'a'] })],
  ['scopes as a string', (token) => ({ token, scopes: 'memory:read' })],
  ['scopes as an object', (token) => ({ token, scopes: { 0: 'a', length: 1 } })],
  ['null scopes', (token) => ({ token, scopes: null })],
  ['an operator among the scopes', (token) => ({ token, scopes: [{ $ne: null }] })],
  ['101 scopes', (token) => ({ token, scopes: Array.from({ length: 101 }, (_, index) => `s${index}`) })],
  ['an empty organisation', (token) => ({ token, orgId: '' })],
  ['an organisation with a slash', (token) => ({ token, orgId: 'a/b' })],
  ['a long organisation', (token) => ({ token, orgId: 'a'.repeat(129) })],
  ['a NUL in the project', (token) => ({ token, projectId: 'a\u0000' })],
  ['a name as the address', (token) => ({ token, ip: 'localhost' })],
  ['an address with a port', (token) => ({ token, ip: '203.0.113.7:443' })],
  ['an address in octal', (token) => ({ token, ip: '0203.0.113.7' })],
  ['a range as the address', (token) => ({ token, ip: '203.0.113.0/24' })],
  ['an address with a zone', (token) => ({ token, ip: 'fe80::1%eth0' })],
  ['two addresses', (token) => ({ token, ip: '203.0.113.7, 198.51.100.1' })],
  ['an empty address', (token) => ({ token, ip: '' })],
  ['an unknown field', (token) => ({ token, scope: 'memory:read' })],
  ['a field of introspection', (token) => ({ token, org_id: 'acme' })],
  ['a field in capitals', (token) => ({ token, Scopes: ['memory:read'] })],
  ['__proto__', (token) => `{"token":"${token}","__proto__":{"scopes":[]}}`],
  ['constructor', (token) => `{"token":"${token}","constructor":{"prototype":{}}}`],
  ['1 MB', (token) => ({ token, orgId: 'a'.repeat(1_000_000) })],
];

describe('hostile requests to verify a good token', () => {
  let service: TestService;
  let asker: HttpClient;
  let token: string;

  beforeAll(async () => {
    service = await startService('memory');
    asker = service.as((await service.issue({ scopes: ['api-keys:verify'] })).token);
    ({ token } = await service.issue({ scopes: ['*'] }));
  });
  afterAll(async () => service.stop());

  it.each(BODIES)('%s is refused and decides nothing', async (_name, body) => {
    const answer = await asker.post(PATH, body(token));
    expect([400, 413]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).not.toHaveProperty('valid');
    expect(answer.text).not.toContain(token);
  });

  it('a form instead of JSON is refused', async () => {
    const answer = await postForm(asker, PATH, { token });
    expect([answer.status, answer.body['code']]).toEqual([415, 'unsupported_media_type']);
  });

  it.each(['?scopes=memory:read', `?token=x`, '?orgId=acme'])(
    'a parameter in the query is refused: %s',
    async (query) => {
      const answer = await asker.post(PATH + query, { token });
      expect([answer.status, answer.body['code']]).toEqual([400, 'validation_failed']);
    },
  );

  it('a token in the query is no credential of the caller', async () => {
    const answer = await service.as().post(`${PATH}?access_token=${service.root.token}`, { token });
    expect([answer.status, answer.body['code']]).toEqual([401, 'missing_credential']);
  });

  it.each([
    ['GET', 404],
    ['DELETE', 404],
    ['PUT', 405],
  ])('%s verifies nothing: %i', async (method, status) => {
    const answer = await service.as(service.root.token).send(method, PATH);
    expect(answer.status).toBe(status);
  });
});
