import { foreignKey } from '../support/foreign-keys';
import type { HttpClient } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const PATH = '/v1/api-keys';
const OWNER = '01jd8x4k2m6n8p0q2r4s6t8v0w';
const MANAGER = ['api-keys:read', 'api-keys:write', 'users:write', 'memory:*'];
const refused = {
  code: 'delegation_exceeded',
  detail: 'Only a caller without a binding and without an owner may set externalId.',
  exceeded: ['externalId'],
};

describe.each(['memory', 'mongo'] as const)('the external id of a key in %s storage', (storage) => {
  let service: TestService;
  let root: HttpClient;

  beforeAll(async () => {
    service = await startService(storage, { IMPORT_TOKEN_PREFIXES: 'xm_' });
    root = service.as(service.root.token);
    await service.owner(OWNER);
  });
  afterAll(async () => service.stop());

  const aRequest = { name: 'ingest', scopes: ['memory:read'] };

  it('can be set, changed and cleared by the root key, and the history lists each change', async () => {
    const created = await root.post(PATH, { ...aRequest, orgId: 'acme', externalId: 'cust-7' });
    expect([created.status, created.body['externalId']]).toEqual([201, 'cust-7']);
    const path = `${PATH}/${String(created.body['id'])}`;
    expect((await root.patch(path, { externalId: 'cust-8' })).body).toMatchObject({ externalId: 'cust-8' });
    expect((await root.get(path)).body['externalId']).toBe('cust-8');
    expect((await root.patch(path, { externalId: 'cust-8' })).body['version']).toBe(2);
    expect((await root.patch(path, { externalId: null })).body).toMatchObject({ externalId: null });
    expect((await root.get(path)).body['externalId']).toBeNull();
    expect((await root.get(`${path}/history`)).body['data']).toMatchObject([
      { action: 'created' },
      { action: 'updated', fields: ['externalId'] },
      { action: 'updated', fields: ['externalId'] },
    ]);
  });

  it.each<[string, object]>([
    ['bound to an organisation', { orgId: 'acme' }],
    ['bound to a project', { projectId: 'apollo' }],
    ['with an owner', { ownerId: OWNER }],
    ['bound to an organisation and with every scope', { orgId: 'acme', scopes: ['*'] }],
  ])('cannot be set, changed or cleared by a caller %s [T58]', async (_who, grant) => {
    const { token } = await service.issue({ scopes: MANAGER, ...grant });
    const tenant = service.as(token);
    const before = (await tenant.get(PATH)).text;
    const created = await tenant.post(PATH, { ...aRequest, externalId: 'cust-8' });
    expect([created.status, created.body]).toEqual([403, expect.objectContaining(refused)]);
    expect((await tenant.get(PATH)).text).toBe(before);

    const { key } = await service.issue({ ...aRequest, ...grant, scopes: [], externalId: 'cust-7' });
    for (const externalId of ['cust-8', null]) {
      const patched = await tenant.patch(`${PATH}/${key.id}`, { name: 'mine', externalId });
      expect([patched.status, patched.body]).toEqual([403, expect.objectContaining(refused)]);
    }
    const same = await tenant.patch(`${PATH}/${key.id}`, { name: 'mine', externalId: 'cust-7' });
    expect([same.status, same.body]).toEqual([
      200,
      expect.objectContaining({ name: 'mine', externalId: 'cust-7' }),
    ]);
  });

  it('is imported with a key, but not by a bound key', async () => {
    const record = { ...aRequest, orgId: 'acme', externalId: 'cust-7' };
    const [byHost, byTenant] = [foreignKey(), foreignKey()];
    await root.post(`${PATH}/import`, { keys: [{ ...record, hash: byHost.hash }] });
    expect((await service.as(byHost.token).get(`${PATH}/self`)).body['externalId']).toBe('cust-7');

    const { token } = await service.issue({ scopes: [...MANAGER, 'api-keys:import'], orgId: 'acme' });
    await service.as(token).post(`${PATH}/import`, { keys: [{ ...record, hash: byTenant.hash }] });
    expect((await service.as(byTenant.token).get(`${PATH}/self`)).status).toBe(401);
  });

  it('is not inherited by a key that another key creates', async () => {
    const { token } = await service.issue({ scopes: MANAGER, orgId: 'acme', externalId: 'cust-7' });
    const child = await service.as(token).post(PATH, aRequest);
    expect([child.status, child.body['externalId']]).toEqual([201, null]);
    const cleared = await service.as(token).post(PATH, { ...aRequest, externalId: null });
    expect([cleared.status, cleared.body['externalId']]).toEqual([201, null]);
  });

  it('does not change when the tenant rotates the key or stores another id in its metadata [T58]', async () => {
    const { key } = await service.issue({ scopes: [], orgId: 'acme', externalId: 'cust-7' });
    const { token } = await service.issue({ scopes: MANAGER, orgId: 'acme', externalId: 'cust-7' });
    const tenant = service.as(token);
    await tenant.patch(`${PATH}/${key.id}`, { metadata: { externalId: 'cust-8', user_id: 'cust-8' } });
    const rotated = await tenant.post(`${PATH}/${key.id}/rotate`);
    const asked = { token: rotated.body['token'], authenticated: true, orgId: 'acme' };
    const verified = await root.post(`${PATH}/verify`, asked);
    expect(verified.body).toMatchObject({ code: 'VALID', key: { id: key.id, externalId: 'cust-7' } });
  });

  it('prevents a rotation by a key with another external id in the same organisation [T58]', async () => {
    const { key } = await service.issue({ scopes: ['memory:read'], orgId: 'acme', externalId: 'cust-7' });
    const path = `${PATH}/${key.id}/rotate`;
    for (const externalId of ['cust-8', undefined]) {
      const { token } = await service.issue({ scopes: MANAGER, orgId: 'acme', externalId });
      const answer = await service.as(token).post(path);
      expect([answer.status, answer.body['code'], answer.body['exceeded']]).toEqual([
        403,
        'delegation_exceeded',
        ['externalId'],
      ]);
    }
    expect((await root.post(path)).status).toBe(200);
  });

  it('does not prevent owners from rotating their own keys', async () => {
    const { key } = await service.issue({ ownerId: OWNER, externalId: 'cust-7' });
    const { token } = await service.issue({ scopes: MANAGER, ownerId: OWNER });
    expect((await service.as(token).post(`${PATH}/${key.id}/rotate`)).status).toBe(200);
  });

  it('cannot be changed with a token in its grace period', async () => {
    const { key, token } = await service.issue({ scopes: MANAGER });
    await root.post(`${PATH}/${key.id}/rotate`, { gracePeriodSeconds: 3600 });
    const other = await service.issue({ scopes: [], externalId: 'cust-7' });
    const patched = await service.as(token).patch(`${PATH}/${other.key.id}`, { externalId: 'cust-8' });
    expect([patched.status, patched.body]).toEqual([
      403,
      expect.objectContaining({ code: 'delegation_exceeded', exceeded: ['externalId'] }),
    ]);
  });

  it('filters a list of keys, and a tenant still sees only its own keys', async () => {
    const acme = await service.issue({ orgId: 'acme', externalId: 'cust-9' });
    const globex = await service.issue({ orgId: 'globex', externalId: 'cust-9' });
    await service.issue({ orgId: 'acme', externalId: 'cust-99' });
    const idsFor = async (client: HttpClient, query: string): Promise<readonly unknown[]> => {
      const { body } = await client.get(`${PATH}?${query}`);
      return (body['data'] as { id: string }[]).map(({ id }) => id);
    };
    expect(await idsFor(root, 'externalId=cust-9')).toEqual([globex.key.id, acme.key.id]);
    expect(await idsFor(root, 'externalId=cust-9&orgId=acme')).toEqual([acme.key.id]);
    expect(await idsFor(root, 'externalId=cust-9&status=revoked')).toEqual([]);
    const { token } = await service.issue({ scopes: ['api-keys:read'], orgId: 'acme' });
    expect(await idsFor(service.as(token), 'externalId=cust-9')).toEqual([acme.key.id]);
    expect((await root.get(`${PATH}?externalId=cust%209`)).status).toBe(400);
  });
});
