import { connect } from 'mongoose';
import { documentIn, keyward } from '../support/command-line';
import type { HttpClient, JsonObject } from '../support/http-client';
import { startService, type TestService } from '../support/service';
import { testDatabaseUri } from '../support/test-database';

const PREFIXES = { API_KEY_PREFIXES: 'kw,kw_test' };

describe.each(['memory', 'mongo'] as const)(
  'a user who names a token prefix, with the %s store',
  (storage) => {
    let service: TestService;
    let root: HttpClient;

    beforeAll(async () => {
      service = await startService(storage, PREFIXES);
      root = service.as(service.root.token);
    });
    afterAll(async () => service.stop());

    const create = async (fields: JsonObject, by = root): ReturnType<HttpClient['post']> =>
      by.post('/v1/api-keys', { name: 'made', scopes: [], ...fields });

    it.each([
      [{}, 'kw', null],
      [{ prefix: 'kw' }, 'kw', 'kw'],
      [{ prefix: 'kw_test' }, 'kw_test', 'kw_test'],
    ])('gets a token with this prefix: %j', async (fields, prefix, shown) => {
      const { status, body } = await create(fields);
      expect([status, body['prefix']]).toEqual([201, shown]);
      expect(body['token']).toMatch(new RegExp(`^${prefix}_${String(body['id'])}_`));
      const self = await service.as(String(body['token'])).get('/v1/api-keys/self');
      expect([self.status, self.body['prefix']]).toEqual([200, shown]);
    });

    it('keeps it through every change and rotation of the key', async () => {
      const { body } = await create({ prefix: 'kw_test' });
      const path = `/v1/api-keys/${String(body['id'])}`;
      for (let round = 0; round < 2; round += 1) {
        expect((await root.patch(path, { name: `round ${round}` })).body['prefix']).toBe('kw_test');
        expect((await root.post(`${path}/rotate`)).body['token']).toMatch(/^kw_test_/);
      }
    });

    it('gets 400 with the configured prefixes for any other, and no key is created', async () => {
      const before = (await root.get('/v1/api-keys?limit=100')).text;
      for (const prefix of ['kw_live', 'kw1', 'kw_test_2']) {
        const { status, body } = await create({ prefix });
        expect([status, body['code'], body['errors']]).toEqual([
          400,
          'validation_failed',
          [{ field: '/prefix', message: 'must be one of kw, kw_test' }],
        ]);
      }
      for (const prefix of [
        'KW',
        '',
        ' kw',
        'kw_test_',
        'x'.repeat(10_000),
        null,
        7,
        ['kw'],
        { $gt: '' },
        true,
      ]) {
        expect((await create({ prefix })).status).toBe(400);
      }
      expect((await root.get('/v1/api-keys?limit=100')).text).toBe(before);
    });

    it('cannot change it, and gives it to no key that this key creates', async () => {
      const { body } = await create({ prefix: 'kw_test', scopes: ['api-keys:write'] });
      const patched = await root.patch(`/v1/api-keys/${String(body['id'])}`, { prefix: 'kw' });
      expect(patched.status).toBe(400);
      const child = await create({}, service.as(String(body['token'])));
      expect([child.status, child.body['prefix']]).toEqual([201, null]);
      expect(child.body['token']).toMatch(/^kw_[0-9a-z]{26}_/);
    });
  },
);

describe('a key whose prefix is no longer configured', () => {
  it('keeps it at a rotation, also if an earlier release changed the key', async () => {
    const MONGODB_URI = testDatabaseUri();
    const before = await startService('mongo', { ...PREFIXES, MONGODB_URI });
    const { key } = await before.issue({ prefix: 'kw_test' });
    await before.stop();
    const { connection } = await connect(MONGODB_URI);
    await connection
      .collection<{ _id: string }>('api_keys')
      .updateOne({ _id: key.id }, { $set: { name: 'x' } });
    await connection.close();

    const after = await startService('mongo', { MONGODB_URI });
    const client = after.as(after.root.token);
    expect((await client.post(`/v1/api-keys/${key.id}/rotate`)).body['token']).toMatch(/^kw_test_/);
    await after.stop();
  });
});

describe('an operator who runs create-root-key --prefix', () => {
  it('gets a token with a configured prefix, and exit code 2 with the list for another', async () => {
    const environment = { MONGODB_URI: testDatabaseUri(), ...PREFIXES };
    const made = await keyward(['create-root-key', '--prefix', 'kw_test', '--json'], environment);
    expect(documentIn(made)['token']).toMatch(/^kw_test_/);
    const refused = await keyward(['create-root-key', '--prefix', 'kw_live'], environment);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('must be one of kw, kw_test');
  });
});
