import { foreignKey } from '../support/foreign-keys';
import type { HttpAnswer, HttpClient } from '../support/http-client';
import { eventually } from '../support/patience';
import { startService, type TestService } from '../support/service';
import { storedKey } from '../support/stored-key';

const PATH = '/v1/api-keys/import';
const SELF = '/v1/api-keys/self';

const resultsOf = ({ body }: HttpAnswer): readonly Record<string, unknown>[] =>
  body['results'] as readonly Record<string, unknown>[];
const idIn = (answer: HttpAnswer): string => String(resultsOf(answer)[0]?.['id']);

describe.each(['memory', 'mongo'] as const)(
  'the import route with keys of XMem and the %s store',
  (storage) => {
    let service: TestService;
    let root: HttpClient;

    beforeAll(async () => {
      service = await startService(storage, { IMPORT_TOKEN_PREFIXES: 'xm_' });
      root = service.as(service.root.token);
    });
    afterAll(async () => service.stop());

    const importKeys = async (keys: readonly unknown[], by = root): Promise<HttpAnswer> =>
      by.post(PATH, { keys });

    it('keeps the tokens of imported keys working', async () => {
      const { token, hash } = foreignKey();
      const record = {
        hash,
        name: 'ingest',
        scopes: ['memory:read', 'memory:write'],
        orgId: 'acme',
        projectId: 'apollo',
        createdAt: '2024-05-01T08:00:00+02:00',
        expiresAt: '2099-01-01T00:00:00Z',
        externalId: 'cust-7',
        metadata: { team: 'search' },
      };
      const answer = await importKeys([record]);
      const id = idIn(answer);
      expect([answer.status, answer.text]).toEqual([
        200,
        `{"imported":1,"known":0,"refused":0,"pendingRevocations":0,"appliedRevocations":0,"results":[{"line":1,"id":"${id}","outcome":"imported"}]}`,
      ]);
      expect(id).toMatch(/^z[0-9a-hjkmnp-tv-z]{25}$/);

      const self = await service.as(token).get(SELF);
      const { hash: _hash, ...rest } = record;
      expect(self.body).toMatchObject({
        ...rest,
        id,
        createdAt: '2024-05-01T06:00:00.000Z',
        expiresAt: '2099-01-01T00:00:00.000Z',
        createdBy: `key:${service.root.key.id}`,
        status: 'active',
        version: 1,
      });
      expect((await root.get('/v1/api-keys?limit=100')).text).toContain(id);
      const asked = { token, scopes: ['memory:read'], orgId: 'acme', projectId: 'apollo' };
      expect((await root.post('/v1/api-keys/verify', asked)).body).toMatchObject({
        code: 'VALID',
        key: { id },
      });
      const elsewhere = { ...asked, orgId: 'globex' };
      expect((await root.post('/v1/api-keys/verify', elsewhere)).body['code']).toBe('BINDING_MISMATCH');
      const { history } = await storedKey(service, id);
      expect(history.map(({ action }) => action)).toEqual(['imported']);
    });

    it('imports valid records, and rejects invalid ones with reasons', async () => {
      const good = [foreignKey(), foreignKey()] as const;
      const answer = await importKeys([
        { hash: good[0].hash, name: 'first', scopes: ['memory:read'] },
        { hash: 'nonsense', name: ' ', scopes: ['Memory:read'] },
        'nonsense',
        { hash: foreignKey().hash, name: 'naive', scopes: [], expiresAt: '2099-01-01T00:00:00' },
        { hash: good[1].hash, name: 'last', scopes: ['memory:read'] },
      ]);
      const { imported, known, refused } = answer.body;
      expect([answer.status, imported, known, refused]).toEqual([200, 2, 0, 3]);
      const results = resultsOf(answer);
      expect(results.map(({ line, outcome }) => [line, outcome])).toEqual([
        [1, 'imported'],
        [2, 'refused'],
        [3, 'refused'],
        [4, 'refused'],
        [5, 'imported'],
      ]);
      const reasons = results.map((result) => (result['reasons'] as string[] | undefined) ?? []);
      expect(reasons[1]?.map((reason) => reason.split(' ', 1)[0]).toSorted()).toEqual([
        'hash',
        'name',
        'scopes',
      ]);
      expect(reasons[2]).toEqual(['the record must be an object']);
      expect(reasons[3]).toEqual([
        expect.stringMatching(/^expiresAt must be an RFC 3339 .* offset/) as string,
      ]);
      for (const { token } of good) expect((await service.as(token).get(SELF)).status).toBe(200);
    });

    it('does not change known keys, even if they were changed or revoked after the import', async () => {
      const keys = [foreignKey(), foreignKey(), foreignKey()];
      const records = keys.map(({ hash }, index) => ({
        hash,
        name: `key ${index}`,
        scopes: ['memory:read'],
      }));
      const ids = resultsOf(await importKeys(records)).map(({ id }) => String(id));
      await root.delete(`/v1/api-keys/${ids[0]}`);
      await root.patch(`/v1/api-keys/${ids[1]}`, { name: 'renamed', scopes: [] });
      const before = await Promise.all(ids.map(async (id) => storedKey(service, id)));

      const again = await importKeys(
        records.map(({ hash, name }) => ({ hash, name, scopes: ['*'], orgId: 'globex' })),
      );
      expect(again.body).toMatchObject({ imported: 0, known: 3, refused: 0 });
      expect(resultsOf(again).map(({ id, outcome }) => [id, outcome])).toEqual(
        ids.map((id) => [id, 'known']),
      );
      expect(await Promise.all(ids.map(async (id) => storedKey(service, id)))).toEqual(before);
      expect((await service.as(keys[0]?.token).get(SELF)).body['code']).toBe('key_revoked');
    });

    it('reports known keys that the other system revoked, and revokes them with applyRevocations=true', async () => {
      const keys = [foreignKey(), foreignKey(), foreignKey(), foreignKey()];
      const first = keys.map(({ hash }) => ({ hash, name: 'n', scopes: ['memory:read'], orgId: 'acme' }));
      const ids = resultsOf(await importKeys(first)).map(({ id }) => String(id));
      const [disabled, revoked, good, gone] = ids as [string, string, string, string];
      await root.delete(`/v1/api-keys/${gone}`);
      // Every other field differs too, and must not be applied.
      const other = { name: 'other', scopes: ['*'], orgId: 'globex' };
      const second = [
        { hash: keys[0]?.hash, ...other, enabled: false },
        { hash: keys[1]?.hash, ...other, revoked: true },
        { hash: keys[2]?.hash, ...other, enabled: true, revoked: false },
        { hash: keys[3]?.hash, ...other, enabled: false },
      ];
      const before = await Promise.all(ids.map(async (id) => storedKey(service, id)));

      const told = await importKeys(second);
      expect(told.body).toMatchObject({ imported: 0, known: 4, refused: 0, pendingRevocations: 2 });
      expect(resultsOf(told).map(({ revocation }) => revocation)).toEqual([
        'pending',
        'pending',
        undefined,
        undefined,
      ]);
      expect(await Promise.all(ids.map(async (id) => storedKey(service, id)))).toEqual(before);

      const applied = await root.post(`${PATH}?applyRevocations=true`, { keys: second });
      expect(applied.body).toMatchObject({ known: 4, pendingRevocations: 0, appliedRevocations: 2 });
      const codes = await Promise.all(
        keys.map(async ({ token }) => (await service.as(token).get(SELF)).body['code']),
      );
      expect(codes).toEqual(['key_disabled', 'key_revoked', undefined, 'key_revoked']);
      const after = await Promise.all(ids.map(async (id) => storedKey(service, id)));
      const actor = `key:${service.root.key.id}`;
      expect(after.map(({ version }) => version)).toEqual([2, 2, 1, 2]);
      expect(after[0]?.history.at(-1)).toMatchObject({ action: 'updated', by: actor, fields: ['enabled'] });
      expect(after[1]?.history.at(-1)).toMatchObject({
        action: 'revoked',
        by: actor,
        reason: 'revoked in the system it was imported from',
      });
      const unchanged = { name: 'n', scopes: ['memory:read'], orgId: 'acme' };
      for (const key of after) expect(key).toMatchObject(unchanged);
      const eventsOf = async (id: string): Promise<string> => (await root.get(`/v1/events?keyId=${id}`)).text;
      await eventually(
        async () => eventsOf(disabled),
        (text) => text.includes('api-key.updated'),
      );
      await eventually(
        async () => eventsOf(revoked),
        (text) => text.includes('api-key.revoked'),
      );
      expect(after[2]).toEqual(before[ids.indexOf(good)]);

      const again = await root.post(`${PATH}?applyRevocations=true`, { keys: second });
      expect(again.body).toMatchObject({ known: 4, pendingRevocations: 0, appliedRevocations: 0 });
      expect(await Promise.all(ids.map(async (id) => storedKey(service, id)))).toEqual(after);
    });

    it('rejects the record of a revoked key', async () => {
      const { token, hash } = foreignKey();
      const answer = await importKeys([{ hash, name: 'n', scopes: ['a:b'], revoked: true }]);
      expect(resultsOf(answer)).toEqual([
        {
          line: 1,
          outcome: 'refused',
          reasons: ['The other system revoked this key: there is nothing to import.'],
        },
      ]);
      expect((await service.as(token).get(SELF)).body['code']).toBe('invalid_token');
    });

    it('rejects a record that contains the token itself [T61]', async () => {
      const { token, hash } = foreignKey();
      const record = (place: object): object => ({ hash, name: 'n', scopes: ['a:b'], ...place });
      const answer = await importKeys([
        record({ name: token }),
        record({ description: token }),
        record({ metadata: { key_prefix: token } }),
      ]);
      const message = 'contains the token itself, which is never stored: remove it';
      expect(resultsOf(answer)).toEqual(
        ['name', 'description', 'metadata'].map((field, index) => ({
          line: index + 1,
          outcome: 'refused',
          reasons: [`${field} ${message}`],
        })),
      );
      expect(answer.text).not.toContain(token);
      expect((await service.as(token).get(SELF)).body['code']).toBe('invalid_token');
    });

    it('imports an expired key with a warning, and reports it as known the second time', async () => {
      const { token, hash } = foreignKey();
      const record = { hash, name: 'n', scopes: ['memory:read'], expiresAt: '2024-01-01T00:00:00Z' };
      const [result] = resultsOf(await importKeys([record]));
      expect(result).toMatchObject({ outcome: 'imported', warnings: ['expired: the key does not work'] });
      expect((await service.as(token).get(SELF)).body['code']).toBe('key_expired');
      expect(resultsOf(await importKeys([record]))[0]).toMatchObject({ outcome: 'known' });
    });

    it('warns of tokens that IMPORT_TOKEN_PREFIXES does not accept', async () => {
      const record = {
        hash: foreignKey().hash,
        name: 'n',
        scopes: ['a:b'],
        metadata: { key_prefix: 'xmem_Zm9' },
      };
      const warnings = ['tokens with prefix xmem_ will not be accepted: add xmem_ to IMPORT_TOKEN_PREFIXES'];
      expect(resultsOf(await importKeys([record]))[0]).toMatchObject({ outcome: 'imported', warnings });
      expect(resultsOf(await importKeys([record]))[0]).toMatchObject({ outcome: 'known', warnings });
    });

    it('imports a repeated hash once, even in concurrent requests', async () => {
      const record = { hash: foreignKey().hash, name: 'n', scopes: [] };
      expect((await importKeys([record, record])).body).toMatchObject({ imported: 1, known: 1 });
      const another = { ...record, hash: foreignKey().hash };
      const answers = await Promise.all(Array.from({ length: 10 }, async () => importKeys([another])));
      expect(answers.filter(({ body }) => body['imported'] === 1)).toHaveLength(1);
      expect(answers.filter(({ body }) => body['known'] === 1)).toHaveLength(9);
    });

    it.each([
      ['no scopes', []],
      ['a scope that no route needs', ['nothing:at:all']],
    ])('never grants more than the scopes of the record: %s [T61]', async (_name, scopes) => {
      const { token, hash } = foreignKey();
      const [result] = resultsOf(await importKeys([{ hash, name: 'n', scopes }]));
      expect(result?.['outcome']).toBe('imported');
      expect(result?.['warnings']).toEqual(
        scopes.length > 0 ? undefined : ['no scopes: the key has no access'],
      );
      expect((await storedKey(service, String(result?.['id']))).scopes).toEqual(scopes);
      expect((await service.as(token).get('/v1/api-keys')).body['code']).toBe('insufficient_scope');
      expect((await service.as(token).get('/v1/forward-auth?scope=memory:read')).status).toBe(403);
    });

    it('imports a disabled key as disabled', async () => {
      const { token, hash } = foreignKey();
      const id = idIn(await importKeys([{ hash, name: 'n', scopes: [], enabled: false }]));
      expect((await service.as(token).get(SELF)).body['code']).toBe('key_disabled');
      await root.patch(`/v1/api-keys/${id}`, { enabled: true });
      expect((await service.as(token).get(SELF)).status).toBe(200);
    });

    it('gives an imported key a native token on rotation, and a second rotation ends the foreign token', async () => {
      const { token, hash } = foreignKey();
      const id = idIn(await importKeys([{ hash, name: 'n', scopes: ['api-keys:rotate-self'] }]));
      const rotated = await service.as(token).post('/v1/api-keys/self/rotate', { gracePeriodSeconds: 60 });
      const native = String(rotated.body['token']);
      expect([rotated.status, native]).toEqual([
        200,
        expect.stringMatching(new RegExp(`^kw_${id}_`)) as string,
      ]);
      expect((await service.as(token).get(SELF)).status).toBe(200);
      const again = await root.post(`/v1/api-keys/${id}/rotate`, {});
      expect((await service.as(token).get(SELF)).body['code']).toBe('key_rotated');
      expect((await service.as(native).get(SELF)).body['code']).toBe('key_rotated');
      expect((await service.as(String(again.body['token'])).get(SELF)).body['id']).toBe(id);
      expect((await importKeys([{ hash, name: 'n', scopes: ['*'] }])).body).toMatchObject({ known: 1 });
      expect((await service.as(token).get(SELF)).body['code']).toBe('key_rotated');
    });

    it('does not change a native key if its hash is imported', async () => {
      const { key, token } = await service.issue({ scopes: ['memory:read'] });
      const [secret] = key.secrets;
      await importKeys([{ hash: secret?.hash, name: 'n', scopes: ['*'] }]);
      const { body } = await service.as(token).get(SELF);
      expect([body['id'], body['scopes']]).toEqual([key.id, ['memory:read']]);
      await root.delete(`/v1/api-keys/${key.id}`);
      expect((await service.as(token).get(SELF)).body['code']).toBe('key_revoked');
    });
  },
);
