import type { CreateApiKey } from 'keyward';
import { foreignKey } from '../support/foreign-keys';
import { startService, type TestService } from '../support/service';
import { storedKey } from '../support/stored-key';

const PATH = '/v1/api-keys/import';
const DAY = 86_400_000;
const SCOPES = ['api-keys:import', 'api-keys:read', 'memory:*'];
const END = '2090-01-01T00:00:00.000Z';

const LIMITED: Partial<CreateApiKey> = {
  scopes: SCOPES,
  expiresAt: new Date(END),
  allowedIps: ['127.0.0.0/8'],
  rateLimits: [{ name: 'default', limit: 100, windowSeconds: 60 }],
};

/** Records that exceed a limited importer, and the field that the reason names. */
const BEYOND: readonly (readonly [string, object, string])[] = [
  ['another scope', { scopes: ['report:read'] }, 'scopes'],
  ['every scope', { scopes: ['*'] }, 'scopes'],
  ['a wider wildcard', { scopes: ['api-keys:*'] }, 'scopes'],
  ['a later expiry', { expiresAt: '2091-01-01T00:00:00Z' }, 'expiresAt'],
  ['no expiry', { expiresAt: null }, 'expiresAt'],
  ['other addresses', { allowedIps: ['10.0.0.0/8'] }, 'allowedIps'],
  ['any address', { allowedIps: null }, 'allowedIps'],
  ['any address, as a list', { allowedIps: [] }, 'allowedIps'],
  ['a higher rate limit', { rateLimits: [{ name: 'default', limit: 101, windowSeconds: 60 }] }, 'rateLimits'],
  ['no rate limit', { rateLimits: null }, 'rateLimits'],
  ['an owner', { ownerId: '01jd8x4k2m6n8p0q2r4s6t8v0w' }, 'ownerId'],
];

const WITHIN: readonly (readonly [string, object, object])[] = [
  ['only the defaults', {}, { orgId: null, projectId: null, expiresAt: END, allowedIps: ['127.0.0.0/8'] }],
  ['a narrower scope', { scopes: ['memory:read'] }, { scopes: ['memory:read'] }],
  ['a project', { orgId: 'acme', projectId: 'apollo' }, { orgId: 'acme', projectId: 'apollo' }],
  ['an earlier expiry', { expiresAt: '2080-01-01T00:00:00Z' }, { expiresAt: '2080-01-01T00:00:00.000Z' }],
  ['one address', { allowedIps: ['127.0.0.1'] }, { allowedIps: ['127.0.0.1'] }],
  [
    'a lower rate limit',
    { rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }] },
    { rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }] },
  ],
];

const OWNER = '01jd8x4k2m6n8p0q2r4s6t8v0w';

/** Callers that see only some of the keys. */
const LIMITED_VIEWS: readonly (readonly [string, Partial<CreateApiKey>])[] = [
  ['bound to an organisation', { orgId: 'globex' }],
  ['bound to a project', { projectId: 'apollo' }],
  ['owned by a user', { ownerId: OWNER }],
];

describe.each(['memory', 'mongo'] as const)('an importing key with the %s store', (storage) => {
  let service: TestService;
  let importer: string;

  beforeAll(async () => {
    service = await startService(storage, { IMPORT_TOKEN_PREFIXES: 'xm_' });
    importer = (await service.issue(LIMITED)).token;
    await service.owner(OWNER);
  });
  afterAll(async () => service.stop());

  const importAs = async (token: string, record: object): Promise<Record<string, unknown>> => {
    const path = `${PATH}?allowManagementScopes=true`;
    const { status, body } = await service.as(token).post(path, { keys: [record] });
    expect(status).toBe(200);
    return (body['results'] as readonly Record<string, unknown>[])[0] ?? {};
  };

  it.each(BEYOND)('cannot grant more than it holds: %s [T61]', async (_name, excess, field) => {
    const { token, hash } = foreignKey();
    const result = await importAs(importer, { hash, name: 'n', scopes: [], ...excess });
    expect(result).toEqual({
      line: 1,
      outcome: 'refused',
      reasons: [`The caller does not hold this itself: ${field}.`],
    });
    expect((await service.as(token).get('/v1/api-keys/self')).body['code']).toBe('invalid_token');
  });

  it.each(WITHIN)(
    'can grant what it holds, and its own limits are the defaults: %s',
    async (_name, asked, got) => {
      const { token, hash } = foreignKey();
      const result = await importAs(importer, { hash, name: 'n', scopes: ['memory:read'], ...asked });
      expect(result['outcome']).toBe('imported');
      expect((await service.as(token).get('/v1/api-keys/self')).body).toMatchObject(got);
    },
  );

  it('imports keys that are visible only to their own tenant', async () => {
    const { id } = await importAs(importer, {
      hash: foreignKey().hash,
      name: 'n',
      scopes: [],
      orgId: 'acme',
    });
    const path = `/v1/api-keys/${String(id)}`;
    const acme = await service.issue({ scopes: ['api-keys:read'], orgId: 'acme' });
    const globex = await service.issue({ scopes: ['*'], orgId: 'globex' });
    expect((await service.as(acme.token).get(path)).status).toBe(200);
    expect((await service.as(globex.token).get(path)).status).toBe(404);
    expect((await service.as(globex.token).post(`${path}/rotate`, {})).status).toBe(404);
    expect((await service.as(globex.token).delete(path)).status).toBe(404);
  });

  it.each(LIMITED_VIEWS)('gets 403 for known and unknown hashes if it is %s [T65]', async (_name, limits) => {
    const known = foreignKey();
    await importAs(importer, { hash: known.hash, name: 'of acme', scopes: ['memory:read'], orgId: 'acme' });
    const { token } = await service.issue({ scopes: ['*'], ...limits });
    const records = [known.hash, foreignKey().hash, 'no hash'].map((hash) => ({
      hash,
      name: 'n',
      scopes: [],
    }));
    const answers: string[] = [];
    for (const keys of [...records.map((record) => [record]), records]) {
      const answer = await service.as(token).post(PATH, { keys });
      expect([answer.status, answer.body['code']]).toEqual([403, 'forbidden']);
      answers.push(answer.text);
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('neither bound to a tenant nor owned by a user');
  });

  it('gets 403 if it is bound and imports the hash of another tenant’s token [T65]', async () => {
    const { token, hash } = foreignKey();
    const globex = await service.issue({ scopes: SCOPES, orgId: 'globex' });
    const record = { hash, name: 'stolen', scopes: ['memory:read'], orgId: 'globex' };
    expect((await service.as(globex.token).post(PATH, { keys: [record] })).status).toBe(403);
    const theirs = { hash, name: 'of acme', scopes: ['memory:read'], orgId: 'acme' };
    expect((await importAs(importer, theirs))['outcome']).toBe('imported');
    const { body } = await service.as(token).get('/v1/api-keys/self');
    expect([body['name'], body['orgId']]).toEqual(['of acme', 'acme']);
  });

  it.each(['*', 'api-keys:*', 'api-keys:read', 'users:read', 'events:*', 'keyward:policies:read'])(
    'cannot grant a management scope without allowManagementScopes=true: %s [T62]',
    async (scope) => {
      const { token, hash } = foreignKey();
      const record = { hash, name: 'n', scopes: ['memory:read', scope], orgId: 'acme' };
      const root = service.as(service.root.token);
      const refused = (await root.post(PATH, { keys: [record] })).body;
      expect(refused).toMatchObject({ imported: 0, refused: 1 });
      const [result] = refused['results'] as readonly { readonly reasons: readonly string[] }[];
      expect(result?.reasons).toEqual([
        `scopes give access to Keyward itself: ${scope}. Map them to scopes of your own (--map-scope), ` +
          'or allow them (--allow-management-scopes, over HTTP allowManagementScopes=true)',
      ]);
      expect((await service.as(token).get('/v1/api-keys')).status).toBe(401);
      expect((await service.as(token).post('/v1/api-keys', { name: 'n', scopes: ['*'] })).status).toBe(401);

      const allowed = await root.post(`${PATH}?allowManagementScopes=true`, { keys: [record] });
      expect(allowed.body).toMatchObject({ imported: 1, refused: 0 });
    },
  );

  it('cannot grant management scopes that it lacks, even with allowManagementScopes=true [T62]', async () => {
    const record = { hash: foreignKey().hash, name: 'n', scopes: ['events:read'] };
    expect(await importAs(importer, record)).toMatchObject({
      outcome: 'refused',
      reasons: ['The caller does not hold this itself: scopes.'],
    });
  });

  it('gets 403 for the whole request if it applies revocations without api-keys:write [T63]', async () => {
    const { hash } = foreignKey();
    const record = { hash, name: 'n', scopes: [], enabled: false };
    const path = `${PATH}?applyRevocations=true`;
    const answer = await service.as(importer).post(path, { keys: [record] });
    expect([answer.status, answer.body['code']]).toEqual([403, 'forbidden']);
    expect(answer.text).toContain('api-keys:write');
    const { token } = await service.issue({ scopes: ['api-keys:import', 'api-keys:write'] });
    expect((await service.as(token).post(path, { keys: [record] })).status).toBe(200);
  });

  it('gets 403 without api-keys:import', async () => {
    const { token } = await service.issue({ scopes: ['api-keys:write', 'api-keys:read'] });
    const record = { hash: foreignKey().hash, name: 'n', scopes: [] };
    const answer = await service.as(token).post(PATH, { keys: [record] });
    expect([answer.status, answer.body['code']]).toEqual([403, 'insufficient_scope']);
    expect((await service.as().post(PATH, { keys: [record] })).status).toBe(401);
  });
});

describe('a service with a maximum key lifetime', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory', { API_KEY_MAX_TTL_DAYS: '30' });
  });
  afterAll(async () => service.stop());

  it.each([
    ['left out', undefined, 30],
    ['within the maximum', 29, 29],
    ['beyond the maximum', 31, undefined],
    ['null', null, undefined],
    ['in the past', -1, -1],
  ])('applies the maximum to an imported key whose expiry is %s', async (_name, days, expected) => {
    const started = Date.now();
    const expiresAt = typeof days === 'number' ? new Date(started + days * DAY).toISOString() : days;
    const record = { hash: foreignKey().hash, name: 'n', scopes: [], expiresAt };
    const { body } = await service.as(service.root.token).post(PATH, { keys: [record] });
    const [result] = body['results'] as readonly Record<string, unknown>[];
    if (expected === undefined) {
      expect(result?.['outcome']).toBe('refused');
      expect(result?.['reasons']).toEqual([expect.stringMatching(/^expiresAt must be no later/)]);
      return;
    }
    const { expiresAt: end } = await storedKey(service, String(result?.['id']));
    expect(Math.abs((end?.getTime() ?? 0) - started - expected * DAY)).toBeLessThan(60_000);
  });

  it('warns if IMPORT_TOKEN_PREFIXES is unset', async () => {
    const record = { hash: foreignKey().hash, name: 'n', scopes: ['a'] };
    const { body } = await service.as(service.root.token).post(PATH, { keys: [record] });
    const [result] = body['results'] as readonly Record<string, unknown>[];
    expect(result?.['warnings']).toEqual([expect.stringMatching(/^IMPORT_TOKEN_PREFIXES is unset/)]);
  });
});
