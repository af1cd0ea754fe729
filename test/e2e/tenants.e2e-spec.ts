import { startService, type TestService } from '../support/service';
import type { HttpClient } from '../support/http-client';

const SCOPES = ['api-keys:read', 'api-keys:write', 'memory:read'];
const CALLERS = ['acme', 'acme/apollo', 'globex', 'unbound', 'nobody'] as const;
type Caller = (typeof CALLERS)[number];

/** The status that each caller gets for an action on a key of acme's project apollo. */
const TABLE: readonly (readonly [
  string,
  (client: HttpClient, id: string) => Promise<number>,
  Record<Caller, number>,
])[] = [
  ['reads it', async (c, id) => (await c.get(`/v1/api-keys/${id}`)).status, row(200, 200, 404, 200)],
  [
    'reads its history',
    async (c, id) => (await c.get(`/v1/api-keys/${id}/history`)).status,
    row(200, 200, 404, 200),
  ],
  [
    'renames it',
    async (c, id) => (await c.patch(`/v1/api-keys/${id}`, { name: 'n' })).status,
    row(200, 200, 404, 200),
  ],
  [
    'removes its scopes',
    async (c, id) => (await c.patch(`/v1/api-keys/${id}`, { scopes: [] })).status,
    row(200, 200, 404, 200),
  ],
  [
    'disables it',
    async (c, id) => (await c.patch(`/v1/api-keys/${id}`, { enabled: false })).status,
    row(200, 200, 404, 200),
  ],
  [
    'removes its project',
    async (c, id) => (await c.patch(`/v1/api-keys/${id}`, { projectId: null })).status,
    row(200, 403, 404, 200),
  ],
  [
    'moves it to globex',
    async (c, id) => (await c.patch(`/v1/api-keys/${id}`, { orgId: 'globex' })).status,
    row(403, 403, 404, 200),
  ],
  [
    'removes its organisation',
    async (c, id) => (await c.patch(`/v1/api-keys/${id}`, { orgId: null })).status,
    row(403, 403, 404, 200),
  ],
  ['revokes it', async (c, id) => (await c.delete(`/v1/api-keys/${id}`)).status, row(204, 204, 404, 204)],
  [
    'creates one for acme and apollo',
    async (c) =>
      (await c.post('/v1/api-keys', { name: 'n', scopes: [], orgId: 'acme', projectId: 'apollo' })).status,
    row(201, 201, 403, 201),
  ],
  [
    'creates one for all of acme',
    async (c) =>
      (await c.post('/v1/api-keys', { name: 'n', scopes: [], orgId: 'acme', projectId: null })).status,
    row(201, 403, 403, 201),
  ],
  [
    'creates one for globex',
    async (c) =>
      (await c.post('/v1/api-keys', { name: 'n', scopes: [], orgId: 'globex', projectId: null })).status,
    row(403, 403, 201, 201),
  ],
  [
    'creates an unbound one',
    async (c) =>
      (await c.post('/v1/api-keys', { name: 'n', scopes: [], orgId: null, projectId: null })).status,
    row(403, 403, 403, 201),
  ],
  ['reads itself', async (c) => (await c.get('/v1/api-keys/self')).status, row(200, 200, 200, 200)],
  ['revokes itself', async (c) => (await c.delete('/v1/api-keys/self')).status, row(204, 204, 204, 204)],
];

function row(acme: number, apollo: number, globex: number, unbound: number): Record<Caller, number> {
  return { acme, 'acme/apollo': apollo, globex, unbound, nobody: 401 };
}

describe.each(['memory', 'mongo'] as const)(
  'the service with a key of acme/apollo in the %s store',
  (storage) => {
    let service: TestService;

    beforeAll(async () => {
      service = await startService(storage);
    });
    afterAll(async () => service.stop());

    const callerNamed = async (name: Caller): Promise<HttpClient> => {
      if (name === 'nobody') return service.as();
      const [orgId, projectId] = name === 'unbound' ? [] : name.split('/');
      return service.as((await service.issue({ scopes: SCOPES, orgId, projectId })).token);
    };
    const keyOfApollo = async (): Promise<string> =>
      (await service.issue({ scopes: ['memory:read'], orgId: 'acme', projectId: 'apollo' })).key.id;

    it.each(
      TABLE.flatMap(([deed, act, expected]) =>
        CALLERS.map((caller) => [caller, deed, expected[caller], act] as const),
      ),
    )('returns the expected status if %s %s: %i', async (caller, _deed, expected, act) => {
      expect(await act(await callerNamed(caller), await keyOfApollo())).toBe(expected);
    });

    it('lists exactly the keys that are visible to each caller [T14]', async () => {
      const made = {
        apollo: await keyOfApollo(),
        acme: (await service.issue({ orgId: 'acme' })).key.id,
        globex: (await service.issue({ orgId: 'globex' })).key.id,
        loose: (await service.issue({ projectId: 'apollo' })).key.id,
      };
      const sightOf = async (name: Caller): Promise<readonly string[]> => {
        const { body } = await (await callerNamed(name)).get('/v1/api-keys?limit=100');
        const ids = new Set((body['data'] as { id: string }[]).map(({ id }) => id));
        return Object.entries(made).flatMap(([key, id]) => (ids.has(id) ? [key] : []));
      };
      expect(await sightOf('acme')).toEqual(['apollo', 'acme']);
      expect(await sightOf('acme/apollo')).toEqual(['apollo']);
      expect(await sightOf('globex')).toEqual(['globex']);
      expect(await sightOf('unbound')).toEqual(['apollo', 'acme', 'globex', 'loose']);
      const projectOnly = await service.issue({ scopes: SCOPES, projectId: 'apollo' });
      const { body } = await service.as(projectOnly.token).get('/v1/api-keys?limit=100');
      const ids = new Set((body['data'] as { id: string }[]).map(({ id }) => id));
      expect([made.apollo, made.loose, made.acme, made.globex].map((id) => ids.has(id))).toEqual([
        true,
        true,
        false,
        false,
      ]);
    });

    it('gives the same 404 for a key of another tenant, an unknown id and an invalid id [T6]', async () => {
      const client = await callerNamed('globex');
      const answers = await Promise.all(
        [await keyOfApollo(), '01jd8x4k2m6n8p0q2r4s6t8v0w', 'no-id', '%00', 'z'.repeat(300)].map(
          async (id) => {
            const { status, text } = await client.get(`/v1/api-keys/${id}`);
            return `${status} ${text}`;
          },
        ),
      );
      expect(new Set(answers).size).toBe(1);
      expect(answers[0]).toContain('404');
    });
  },
);
