import { postForm } from '../support/form';
import type { HttpClient } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const PATH = '/v1/api-keys/verify';
const NOT_TEXT: readonly unknown[] = [{ $ne: null }, { $gt: '' }, ['a'], [], {}, 7, true, null];
const FIELDS = ['token', 'orgId', 'projectId', 'ip'];

/** A valid request. Each body adds one fault to it. */
interface Asked {
  readonly token: string;
  readonly scopes: readonly string[];
}

const BODIES: readonly (readonly [string, (asked: Asked) => unknown])[] = [
  ...FIELDS.flatMap((field) =>
    NOT_TEXT.map(
      (value) =>
        [`${field} as ${JSON.stringify(value)}`, (asked: Asked) => ({ ...asked, [field]: value })] as const,
    ),
  ),
  ['no body', () => undefined],
  ['an empty body', () => ''],
  ['broken JSON', () => '{"token":'],
  ['a JSON string', ({ token }) => JSON.stringify(token)],
  ['null', () => 'null'],
  ['a list', (asked) => [asked]],
  ['no token', () => ({ scopes: ['memory:read'] })],
  ['every scope', (asked) => ({ ...asked, scopes: ['*'] })],
  ['a wildcard scope', (asked) => ({ ...asked, scopes: ['memory:*'] })],
  ['a wildcard among scopes', (asked) => ({ ...asked, scopes: ['memory:read', 'memory:*'] })],
  ['an inner wildcard', (asked) => ({ ...asked, scopes: ['a:*:b'] })],
  ['an upper-case scope', (asked) => ({ ...asked, scopes: ['Memory:read'] })],
  ['an empty scope', (asked) => ({ ...asked, scopes: [''] })],
  ['two scopes in one', (asked) => ({ ...asked, scopes: ['memory:read memory:write'] })],
  ['a duplicate scope', (asked) => ({ ...asked, scopes: ['a', 'a'] })],
  ['scopes as a string', (asked) => ({ ...asked, scopes: 'memory:read' })],
  ['scopes as an object', (asked) => ({ ...asked, scopes: { 0: 'a', length: 1 } })],
  ['null scopes', (asked) => ({ ...asked, scopes: null })],
  ['an operator among the scopes', (asked) => ({ ...asked, scopes: [{ $ne: null }] })],
  ['neither scopes nor authenticated', ({ token }) => ({ token })],
  ['an empty list of scopes', (asked) => ({ ...asked, scopes: [] })],
  ['an empty list of scopes and authenticated', (asked) => ({ ...asked, scopes: [], authenticated: true })],
  ['scopes and authenticated', (asked) => ({ ...asked, authenticated: true })],
  ['scopes and authenticated: false', (asked) => ({ ...asked, authenticated: false })],
  ['null scopes and authenticated', ({ token }) => ({ token, scopes: null, authenticated: true })],
  ...[false, null, 1, 'true', '1', [true], {}].map(
    (authenticated) =>
      [
        `authenticated as ${JSON.stringify(authenticated)}`,
        ({ token }: Asked) => ({ token, authenticated }),
      ] as const,
  ),
  ['101 scopes', (asked) => ({ ...asked, scopes: Array.from({ length: 101 }, (_, index) => `s${index}`) })],
  ['an empty organisation', (asked) => ({ ...asked, orgId: '' })],
  ['an organisation with a slash', (asked) => ({ ...asked, orgId: 'a/b' })],
  ['a long organisation', (asked) => ({ ...asked, orgId: 'a'.repeat(129) })],
  ['a NUL in the project', (asked) => ({ ...asked, projectId: 'a\u0000' })],
  ['a host name as the address', (asked) => ({ ...asked, ip: 'localhost' })],
  ['an address with a port', (asked) => ({ ...asked, ip: '203.0.113.7:443' })],
  ['an address in octal', (asked) => ({ ...asked, ip: '0203.0.113.7' })],
  ['a range as the address', (asked) => ({ ...asked, ip: '203.0.113.0/24' })],
  ['an address with a zone', (asked) => ({ ...asked, ip: 'fe80::1%eth0' })],
  ['two addresses', (asked) => ({ ...asked, ip: '203.0.113.7, 198.51.100.1' })],
  ['an empty address', (asked) => ({ ...asked, ip: '' })],
  ['an unknown field', (asked) => ({ ...asked, scope: 'memory:read' })],
  ['a field of introspection', (asked) => ({ ...asked, org_id: 'acme' })],
  ['a field in capitals', (asked) => ({ ...asked, Scopes: ['memory:read'] })],
  ['__proto__', ({ token }) => `{"token":"${token}","scopes":["a"],"__proto__":{"scopes":[]}}`],
  ['constructor', ({ token }) => `{"token":"${token}","scopes":["a"],"constructor":{"prototype":{}}}`],
  ['1 MB', (asked) => ({ ...asked, orgId: 'a'.repeat(1_000_000) })],
];

describe('the verify endpoint', () => {
  let service: TestService;
  let asker: HttpClient;
  let token: string;

  beforeAll(async () => {
    service = await startService('memory');
    asker = service.as((await service.issue({ scopes: ['api-keys:verify'] })).token);
    ({ token } = await service.issue({ scopes: ['*'] }));
  });
  afterAll(async () => service.stop());

  it.each(BODIES)('rejects an invalid body, and returns no decision: %s', async (_name, body) => {
    const answer = await asker.post(PATH, body({ token, scopes: ['a'] }));
    expect([400, 413]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).not.toHaveProperty('valid');
    expect(answer.text).not.toContain(token);
  });

  it('names the invalid field if a request has neither scopes nor authenticated, or both [T8]', async () => {
    const faultsOf = async (asked: object): Promise<unknown> =>
      (await asker.post(PATH, { token, ...asked })).body['errors'];
    expect(await faultsOf({})).toEqual([
      { field: '/scopes', message: expect.stringContaining('send "authenticated": true instead') },
    ]);
    expect(await faultsOf({ scopes: ['a'], authenticated: true })).toEqual([
      { field: '/authenticated', message: 'must be true, and cannot be combined with scopes' },
    ]);
    expect((await asker.post(PATH, { token, authenticated: true })).body['code']).toBe('VALID');
    expect((await asker.post(PATH, { token, scopes: ['a'] })).body['code']).toBe('VALID');
  });

  it('rejects a form with 415', async () => {
    const answer = await postForm(asker, PATH, { token });
    expect([answer.status, answer.body['code']]).toEqual([415, 'unsupported_media_type']);
  });

  it.each(['?scopes=memory:read', `?token=x`, '?orgId=acme'])(
    'rejects a query parameter: %s',
    async (query) => {
      const answer = await asker.post(PATH + query, { token, authenticated: true });
      expect([answer.status, answer.body['code']]).toEqual([400, 'validation_failed']);
    },
  );

  it('does not accept a token in the query as the credential of the caller', async () => {
    const answer = await service
      .as()
      .post(`${PATH}?access_token=${service.root.token}`, { token, authenticated: true });
    expect([answer.status, answer.body['code']]).toEqual([401, 'missing_credential']);
  });

  it.each([
    ['GET', 404],
    ['DELETE', 404],
    ['PUT', 405],
  ])('answers %s with %i', async (method, status) => {
    const answer = await service.as(service.root.token).send(method, PATH);
    expect(answer.status).toBe(status);
  });
});
