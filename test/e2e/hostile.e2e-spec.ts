import { request } from 'node:http';
import { connect } from 'node:net';
import { startService, type TestService } from '../support/service';

const GOOD = { name: 'n', scopes: ['memory:read'] };
const STRINGS = ['name', 'description', 'orgId', 'projectId', 'ownerId', 'expiresAt'];
const NOT_STRINGS: readonly unknown[] = [{ $ne: null }, { $gt: '' }, ['acme'], [], {}, 7, true];

const BODIES: readonly (readonly [string, unknown])[] = [
  ...STRINGS.flatMap((field) =>
    NOT_STRINGS.map(
      (value) => [`${field} as ${JSON.stringify(value)}`, { ...GOOD, [field]: value }] as const,
    ),
  ),
  ...STRINGS.map((field) => [`NUL in ${field}`, { ...GOOD, [field]: 'a\u0000b' }] as const),
  ...STRINGS.map(
    (field) => [`a lone surrogate in ${field}`, `{"name":"n","scopes":[],"${field}":"\\ud800"}`] as const,
  ),
  ['no body', undefined],
  ['an empty body', ''],
  ['broken JSON', '{"name":'],
  ['a JSON string', '"name"'],
  ['a JSON number', '7'],
  ['null', 'null'],
  ['an array', '[]'],
  ['an array of valid bodies', [GOOD]],
  ['no name', { scopes: [] }],
  ['a blank name', { ...GOOD, name: '  ' }],
  ['a long name', { ...GOOD, name: 'n'.repeat(101) }],
  ['a line break in the name', { ...GOOD, name: 'a\nb' }],
  ['no scopes', { name: 'n' }],
  ['null scopes', { ...GOOD, scopes: null }],
  ['scopes as a string', { ...GOOD, scopes: 'memory:read' }],
  ['scopes as an object', { ...GOOD, scopes: { 0: '*' } }],
  ['a MongoDB operator in the scopes', { ...GOOD, scopes: [{ $ne: null }] }],
  ['an inner wildcard', { ...GOOD, scopes: ['a:*:b'] }],
  ['an upper-case scope', { ...GOOD, scopes: ['Memory:read'] }],
  ['the same scope twice', { ...GOOD, scopes: ['a', 'a'] }],
  ['101 scopes', { ...GOOD, scopes: Array.from({ length: 101 }, (_, index) => `s${index}`) }],
  ['an organisation with a slash', { ...GOOD, orgId: 'a/b' }],
  ['an empty organisation', { ...GOOD, orgId: '' }],
  ['a long organisation', { ...GOOD, orgId: 'a'.repeat(129) }],
  ['an organisation in Cyrillic', { ...GOOD, orgId: 'аcme' }],
  ['a date without offset', { ...GOOD, expiresAt: '2099-01-01T00:00:00' }],
  ['a date without a time', { ...GOOD, expiresAt: '2099-01-01' }],
  ['a day that does not exist', { ...GOOD, expiresAt: '2099-02-30T00:00:00Z' }],
  ['a number as a date', { ...GOOD, expiresAt: 4_070_908_800_000 }],
  ['a number in a string as a date', { ...GOOD, expiresAt: '4070908800000' }],
  ['a past expiry', { ...GOOD, expiresAt: '2001-01-01T00:00:00Z' }],
  ['an address with host bits', { ...GOOD, allowedIps: ['10.0.0.1/8'] }],
  ['an address in octal', { ...GOOD, allowedIps: ['010.0.0.1'] }],
  ['a MongoDB operator as allowedIps', { ...GOOD, allowedIps: { $ne: [] } }],
  ['metadata as an array', { ...GOOD, metadata: [] }],
  ['nested metadata', { ...GOOD, metadata: { a: { b: 1 } } }],
  ['a MongoDB operator in metadata', { ...GOOD, metadata: { $where: 'sleep(1)' } }],
  ['a dot in a metadata name', { ...GOOD, metadata: { 'a.b': 1 } }],
  [
    '51 metadata entries',
    { ...GOOD, metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, i])) },
  ],
  ['null in metadata', { ...GOOD, metadata: { a: null } }],
  ['null metadata', { ...GOOD, metadata: null }],
  ['a string for enabled', { ...GOOD, enabled: 'true' }],
  ['null for enabled', { ...GOOD, enabled: null }],
  ['__proto__', '{"name":"n","scopes":[],"__proto__":{"enabled":false}}'],
  ['__proto__ in metadata', '{"name":"n","scopes":[],"metadata":{"__proto__":{"a":1}}}'],
  ['constructor.prototype', '{"name":"n","scopes":[],"constructor":{"prototype":{"a":1}}}'],
  ['constructor in metadata', { ...GOOD, metadata: { constructor: 'x' } }],
  ['100,000 nested lists', `{"name":"n","scopes":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  [
    '40,000 nested objects',
    `{"name":"n","scopes":[],"metadata":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`,
  ],
  ['an unknown field', { ...GOOD, admin: true }],
  ['an internal field of the record', { ...GOOD, secrets: [] }],
  ['an id', { ...GOOD, id: '01jd8x4k2m6n8p0q2r4s6t8v0w', _id: 'x' }],
  ['1 MB', JSON.stringify({ ...GOOD, description: 'x'.repeat(1_000_000) })],
];

function expectRefusal(answer: { status: number; headers: Headers; body: object }): void {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body).toMatchObject({
    status: answer.status,
    code: expect.any(String),
    title: expect.any(String),
  });
}

describe.each(['memory', 'mongo'] as const)('a service with %s storage', (storage) => {
  let service: TestService;
  let stored: number;

  const count = async (): Promise<number> => {
    const { body } = await service.as(service.root.token).get('/v1/api-keys?limit=100');
    return (body['data'] as unknown[]).length;
  };
  beforeAll(async () => {
    service = await startService(storage);
    stored = await count();
  });
  afterAll(async () => service.stop());
  afterEach(async () => {
    if ((await count()) !== stored) throw new Error('something was stored');
  });

  it.each(BODIES)('rejects a create with %s and stores nothing [T22]', async (_name, body) => {
    const { token } = service.root;
    expectRefusal(await service.as(token).send('POST', '/v1/api-keys', body));
  });

  it.each(BODIES.filter(([name]) => !/^no (name|scopes|body)$/.test(name)))(
    'rejects a patch with %s and changes nothing',
    async (_name, body) => {
      const { key, token } = service.root;
      expectRefusal(await service.as(token).send('PATCH', `/v1/api-keys/${key.id}`, body));
      expect((await service.as(token).get('/v1/api-keys/self')).headers.get('etag')).toBe('"1"');
    },
  );

  it.each([
    '/v1/api-keys?limit=0',
    '/v1/api-keys?limit=101',
    '/v1/api-keys?limit=1e2',
    '/v1/api-keys?limit=10&limit=10',
    '/v1/api-keys?limit[$gt]=1',
    '/v1/api-keys?limit=',
    '/v1/api-keys?cursor=',
    '/v1/api-keys?cursor=AAAA',
    '/v1/api-keys?cursor=%00',
    '/v1/api-keys?cursor[$ne]=x',
    '/v1/api-keys?status=Active',
    '/v1/api-keys?status[$ne]=active',
    '/v1/api-keys?orgId[$ne]=acme',
    '/v1/api-keys?orgId=acme&orgId=globex',
    '/v1/api-keys?orgId=%ED%A0%80',
    '/v1/api-keys?projectId=apollo',
    '/v1/api-keys?ownerId=me',
    '/v1/api-keys?sort=name',
    '/v1/api-keys?__proto__=x',
    '/v1/api-keys/self?verbose=1',
    '/v1/api-keys/01jd8x4k2m6n8p0q2r4s6t8v0w?x=1',
    '/v1/api-keys/%E0%A4%A',
    '/v1/api-keys/..%2f..%2fself',
    '/v1/api-keys/01JD8X4K2M6N8P0Q2R4S6T8V0W',
    '/v1/api-keys/%7B%22$ne%22:null%7D',
    '/v1/api-keys/a/b/c',
    '/nowhere',
  ])('rejects GET %s with a 4xx problem', async (path) => {
    expectRefusal(await service.as(service.root.token).get(path));
  });

  it.each([
    ['text/plain', 415],
    ['application/xml', 415],
    ['application/x-www-form-urlencoded', 415],
  ])('answers a body of the type %s with %i', async (type, status) => {
    const answer = await service
      .as(service.root.token)
      .post('/v1/api-keys', 'name=n', { 'Content-Type': type });
    expectRefusal(answer);
    expect(answer.status).toBe(status);
  });

  it.each(['PUT', 'POST', 'OPTIONS'])(
    'answers %s on a key with 405 and the allowed methods',
    async (method) => {
      const answer = await service.as(service.root.token).send(method, `/v1/api-keys/${service.root.key.id}`);
      expectRefusal(answer);
      expect([answer.status, answer.body['code']]).toEqual([405, 'method_not_allowed']);
      expect(answer.headers.get('allow')).toBe('DELETE, GET, HEAD, PATCH');
    },
  );

  it.each([
    ['a token of 12 kB', { Authorization: `Bearer ${'a'.repeat(12_000)}` }, 401, 'malformed_token'],
    ['an X-API-Key of 12 kB', { 'X-API-Key': 'a'.repeat(12_000) }, 401, 'malformed_token'],
    ['a token in Basic', { Authorization: 'Basic a3c6a3c=' }, 401, 'missing_credential'],
    ['an empty bearer', { Authorization: 'Bearer ' }, 401, 'malformed_token'],
    ['an empty X-API-Key', { 'X-API-Key': '' }, 401, 'malformed_token'],
  ])('rejects %s with 401', async (_name, headers, status, code) => {
    const answer = await service.as().get('/v1/api-keys', headers);
    expectRefusal(answer);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });

  it.each([
    [
      'two Authorization headers',
      (t: string) => ['Authorization', `Bearer ${t}`, 'Authorization', `Bearer ${t}`],
    ],
    ['two X-API-Key headers', (t: string) => ['X-API-Key', t, 'x-api-key', t]],
    ['two tokens in both headers', (t: string) => ['Authorization', `Bearer ${t}`, 'X-API-Key', `${t}x`]],
    [
      'a valid and an invalid header',
      (t: string) => ['Authorization', 'Basic eA==', 'Authorization', `Bearer ${t}`],
    ],
  ])('rejects %s with 400, because only one credential is allowed [T18]', async (_name, headersOf) => {
    expect(await rawStatus(service.url, headersOf(service.root.token))).toBe(400);
  });

  it('answers 431 to headers of 100 kB and 400 to an unreadable request, with a problem [T22]', async () => {
    const big = await rawAnswer(
      service.url,
      `GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'a'.repeat(100_000)}\r\n\r\n`,
    );
    expect(big).toMatch(/^HTTP\/1\.1 431 [\s\S]*application\/problem\+json[\s\S]*"code":"headers_too_large"/);
    const junk = await rawAnswer(service.url, 'junk\r\n\r\n');
    expect(junk).toMatch(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*"code":"invalid_request"/);
  });
});

/** Sends raw headers, including duplicates. */
async function rawStatus(url: string, headers: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${url}/v1/api-keys`, { headers: ['Host', 'localhost', ...headers] }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

async function rawAnswer(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket
      .on('close', () => resolve(answer))
      .on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
  });
}
