import { hashToken } from '../../src/api-keys/domain/token/key-token';
import { foreignKey } from '../support/foreign-keys';
import type { HttpAnswer } from '../support/http-client';
import { startService, type TestService } from '../support/service';
import { storeOf } from '../support/stored-key';

const PATH = '/v1/api-keys/import';
const { hash: HASH } = foreignKey();
const GOOD = { hash: HASH, name: 'n', scopes: ['memory:read'] };
const NOT_TEXT: readonly unknown[] = [{ $ne: null }, ['a'], {}, 7, true];
const TEXTS = ['hash', 'name', 'description', 'orgId', 'projectId', 'ownerId', 'expiresAt', 'createdAt'];

const RECORDS: readonly (readonly [string, unknown])[] = [
  ...TEXTS.flatMap((field) =>
    NOT_TEXT.map((value) => [`${field} as ${JSON.stringify(value)}`, { ...GOOD, [field]: value }] as const),
  ),
  ['null', null],
  ['text', 'nonsense'],
  ['a number', 7],
  ['a list', [GOOD]],
  ['an empty record', {}],
  ['no hash', { name: 'n', scopes: [] }],
  ['null as the hash', { ...GOOD, hash: null }],
  ['a token as the hash', { ...GOOD, hash: foreignKey().token }],
  ['a hash in capitals', { ...GOOD, hash: HASH.toUpperCase() }],
  ['a short hash', { ...GOOD, hash: HASH.slice(1) }],
  ['a long hash', { ...GOOD, hash: `${HASH}0` }],
  ['a hash with a line break', { ...GOOD, hash: `${HASH}\n` }],
  ['a SHA-1 hash', { ...GOOD, hash: 'a'.repeat(40) }],
  ['no name', { hash: HASH, scopes: [] }],
  ['a blank name', { ...GOOD, name: ' ' }],
  ['a NUL in the name', { ...GOOD, name: 'a\u0000' }],
  ['no scopes', { hash: HASH, name: 'n' }],
  ['null scopes', { ...GOOD, scopes: null }],
  ['scopes as text', { ...GOOD, scopes: '*' }],
  ['scopes as an object', { ...GOOD, scopes: { 0: '*' } }],
  ['an upper-case scope', { ...GOOD, scopes: ['Memory:read'] }],
  ['an empty scope', { ...GOOD, scopes: [''] }],
  ['an inner wildcard', { ...GOOD, scopes: ['a:*:b'] }],
  ['a duplicate scope', { ...GOOD, scopes: ['a', 'a'] }],
  ['an organisation with a slash', { ...GOOD, orgId: 'a/b' }],
  ['an empty project', { ...GOOD, projectId: '' }],
  ['an expiry without an offset', { ...GOOD, expiresAt: '2099-01-01T00:00:00' }],
  ['text for revoked', { ...GOOD, revoked: 'false' }],
  ['null for revoked', { ...GOOD, revoked: null }],
  ['a revoked key', { ...GOOD, revoked: true }],
  ['every scope', { ...GOOD, scopes: ['*'] }],
  ['a scope of Keyward', { ...GOOD, scopes: ['memory:read', 'keyward:policies:read'] }],
  ['a creation date without an offset', { ...GOOD, createdAt: '2024-01-01T00:00:00' }],
  ['a creation date in the future', { ...GOOD, createdAt: '9999-12-31T23:59:59Z' }],
  ['null as the creation date', { ...GOOD, createdAt: null }],
  ['an expiry in extended JSON', { ...GOOD, expiresAt: { $date: '2099-01-01T00:00:00Z' } }],
  ['text for enabled', { ...GOOD, enabled: 'false' }],
  ['an address with host bits', { ...GOOD, allowedIps: ['10.0.0.1/8'] }],
  ['a rate limit of 0', { ...GOOD, rateLimits: [{ name: 'default', limit: 0, windowSeconds: 60 }] }],
  ['nested metadata', { ...GOOD, metadata: { a: { b: 1 } } }],
  ['a metadata operator', { ...GOOD, metadata: { $where: 'sleep(1)' } }],
  ['metadata as text', { ...GOOD, metadata: 'abc' }],
  ['an id', { ...GOOD, id: '01jd8x4k2m6n8p0q2r4s6t8v0w' }],
  ['an _id', { ...GOOD, _id: '01jd8x4k2m6n8p0q2r4s6t8v0w' }],
  ['secrets', { ...GOOD, secrets: [{ hash: HASH }] }],
  ['a version', { ...GOOD, version: 7 }],
  ['a creator', { ...GOOD, createdBy: 'system' }],
  ['a token', { ...GOOD, token: foreignKey().token }],
  ['a field name of XMem', { ...GOOD, org_id: 'acme' }],
];

const BODIES: readonly (readonly [string, unknown, number])[] = [
  ['no body', undefined, 400],
  ['broken JSON', '{"keys":[', 400],
  ['a list', [GOOD], 400],
  ['no keys', {}, 400],
  ['null keys', { keys: null }, 400],
  ['keys as an object', { keys: { 0: GOOD } }, 400],
  ['keys as text', { keys: 'nonsense' }, 400],
  ['an empty list', { keys: [] }, 400],
  ['501 records', { keys: Array.from({ length: 501 }, () => ({})) }, 400],
  ['an unknown field beside the keys', { keys: [GOOD], dryRun: true }, 400],
  ['__proto__ in a record', `{"keys":[{"hash":"${HASH}","name":"n","scopes":[],"__proto__":{"a":1}}]}`, 400],
  ['constructor in a record', `{"keys":[{"hash":"${HASH}","constructor":{"prototype":{}}}]}`, 400],
  ['__proto__ beside the keys', `{"keys":[],"__proto__":{"keys":[]}}`, 400],
  ['1 MB', { keys: [{ ...GOOD, description: 'x'.repeat(1_000_000) }] }, 413],
];

describe.each(['memory', 'mongo'] as const)('the import route with the %s store', (storage) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(storage, { IMPORT_TOKEN_PREFIXES: 'xm_' });
  });
  afterAll(async () => service.stop());

  const post = async (body: unknown): Promise<HttpAnswer> => service.as(service.root.token).post(PATH, body);
  const countKeys = async (): Promise<number> => (await storeOf(service).list({ limit: 1000 })).length;

  it.each(RECORDS)('rejects a record with a reason, and stores nothing: %s', async (_name, record) => {
    const answer = await post({ keys: [record] });
    expect([answer.status, answer.body['refused'], answer.body['imported']]).toEqual([200, 1, 0]);
    const [result] = answer.body['results'] as readonly { outcome: string; reasons: string[] }[];
    expect(result).toEqual({ line: 1, outcome: 'refused', reasons: expect.any(Array) as string[] });
    expect(result?.reasons.length).toBeGreaterThan(0);
    for (const reason of result?.reasons ?? []) expect(reason).toMatch(/^\S.{10,}/);
    expect(answer.text).not.toContain(HASH);
    expect(await countKeys()).toBe(1);
  });

  it.each(BODIES)('rejects the whole request: %s', async (_name, body, status) => {
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).not.toHaveProperty('results');
    expect(await countKeys()).toBe(1);
  });

  it('rejects an unknown query parameter', async () => {
    expect((await service.as(service.root.token).post(`${PATH}?force=1`, { keys: [GOOD] })).status).toBe(400);
  });

  it.each(['allowManagementScopes=1', 'applyRevocations=', 'applyRevocations=true&applyRevocations=true'])(
    'rejects a parameter that is neither true nor false: %s',
    async (query) => {
      const keys = [{ ...GOOD, scopes: ['*'] }];
      const answer = await service.as(service.root.token).post(`${PATH}?${query}`, { keys });
      expect([answer.status, answer.body['code']]).toEqual([400, 'validation_failed']);
      expect(await countKeys()).toBe(1);
    },
  );

  it('accepts 500 records at once', async () => {
    const keys = Array.from({ length: 500 }, (_, n) => ({
      hash: hashToken(`key ${n}`),
      name: `${n}`,
      scopes: [],
    }));
    expect((await post({ keys })).body).toMatchObject({ imported: 500, known: 0, refused: 0 });
  });
});

describe('a token of another system', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory', { IMPORT_TOKEN_PREFIXES: 'xm_, sk-live-' });
  });
  afterAll(async () => service.stop());

  const FORMS: readonly (readonly [string, string, string | undefined])[] = [
    ['20 characters', `xm_${'a'.repeat(17)}`, undefined],
    ['512 characters', `xm_${'a'.repeat(509)}`, undefined],
    ['another configured prefix', `sk-live-${'a'.repeat(32)}`, undefined],
    [
      'every visible character',
      `xm_${Array.from({ length: 94 }, (_, n) => String.fromCharCode(33 + n)).join('')}`,
      undefined,
    ],
    ['one dot', 'xm_aaaaaaaaaaaa.bbbbbbbbbbbb', undefined],
    ['three dots', 'xm_aaaaaa.bbbbbb.cccccc.dddddd', undefined],
    ['19 characters', `xm_${'a'.repeat(16)}`, 'malformed_token'],
    ['513 characters', `xm_${'a'.repeat(510)}`, 'malformed_token'],
    ['12 kB', `xm_${'a'.repeat(12_000)}`, 'malformed_token'],
    ['a prefix that is not configured', `ym_${'a'.repeat(32)}`, 'malformed_token'],
    ['the prefix in capitals', `XM_${'a'.repeat(32)}`, 'malformed_token'],
    ['the prefix later on', `a-xm_${'a'.repeat(32)}`, 'malformed_token'],
    ['the shape of a JWT', 'xm_aaaaaaaaaaaa.bbbbbbbbbbbb.cccccccccccc', 'malformed_token'],
    ['the shape of a JWT without signature', 'xm_aaaaaaaaaaaa.bbbbbbbbbbbb.', 'malformed_token'],
    ['a blank inside', `xm_${'a'.repeat(16)} ${'a'.repeat(16)}`, 'malformed_token'],
    ['a tab inside', `xm_${'a'.repeat(16)}\t${'a'.repeat(16)}`, 'malformed_token'],
    ['a letter beyond ASCII', `xm_${'a'.repeat(16)}é${'a'.repeat(16)}`, 'malformed_token'],
  ];

  it.each(FORMS)('is accepted only in a supported form: %s', async (_name, token, code) => {
    const record = { hash: hashToken(token), name: 'n', scopes: [] };
    const root = service.as(service.root.token);
    expect((await root.post(PATH, { keys: [record] })).body['imported']).toBe(1);
    const answer = await service.as(token).get('/v1/api-keys/self');
    expect([answer.status, answer.body['code']]).toEqual([code === undefined ? 200 : 401, code]);
    const verified = await root.post('/v1/api-keys/verify', { token, authenticated: true });
    expect(verified.body['code']).toBe(code === undefined ? 'VALID' : 'MALFORMED');
  });

  it('is rejected with 401 invalid_token if it was not imported', async () => {
    const answer = await service.as(foreignKey().token).get('/v1/api-keys/self');
    expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_token']);
  });
});

describe('a token of another system, if no prefix is configured', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory');
  });
  afterAll(async () => service.stop());

  it('is rejected with malformed_token, even if it was imported [T61]', async () => {
    const { token, hash } = foreignKey();
    await service.as(service.root.token).post(PATH, { keys: [{ hash, name: 'n', scopes: [] }] });
    expect((await service.as(token).get('/v1/api-keys/self')).body['code']).toBe('malformed_token');
  });
});
