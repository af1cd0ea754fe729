import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { foreignKeyId } from '../../src/api-keys/domain/foreign-token';
import { foreignKey } from '../support/foreign-keys';
import { exportedKey, type ImportBench, startImportBench } from '../support/import-command';

let bench: ImportBench;

beforeAll(async () => {
  bench = await startImportBench();
});
afterAll(async () => bench.stop());

describe('an operator who imports what mongoexport wrote', () => {
  it('finds every field in its place, and the holders keep their tokens', async () => {
    const { token, hash } = foreignKey();
    const ran = await bench.importFile([exportedKey(hash)]);
    expect(ran).toEqual({ code: 0, lines: ['1 imported, 0 known already, 0 refused'], stderr: '' });
    expect(await bench.keyOf({ hash })).toMatchObject({
      name: 'ingest',
      scopes: ['memory:read', 'memory:write'],
      orgId: 'acme',
      projectId: 'apollo',
      enabled: true,
      createdBy: 'cli',
      createdAt: new Date('2024-05-01T08:00:00.123Z'),
      expiresAt: new Date('2099-01-01T00:00:00Z'),
      externalId: '64b7f0c2a1b2c3d4e5f60719',
      metadata: { key_prefix: 'xm_Zm9v' },
      secrets: [{ hash, createdAt: new Date('2024-05-01T08:00:00.123Z') }],
    });
    const passed = await bench.service
      .as(token)
      .get('/v1/forward-auth?scope=memory:read&org=acme&project=apollo');
    expect(passed.status).toBe(200);
    expect((await bench.service.as(token).get('/v1/forward-auth?scope=memory:read')).status).toBe(403);
  });

  it.each([
    ['no scopes', { scopes: undefined }],
    ['null scopes', { scopes: null }],
    ['an empty list of scopes', { scopes: [] }],
  ])('is warned of %s, which give no access', async (_name, fields) => {
    const { token, hash } = foreignKey();
    const ran = await bench.importFile([exportedKey(hash, { ...fields, org_id: null, project_id: null })]);
    expect([ran.code, ran.lines]).toEqual([
      0,
      ['line 1: imported, but no scopes: the key has no access', '1 imported, 0 known already, 0 refused'],
    ]);
    expect((await bench.keyOf({ hash })).scopes).toEqual([]);
    expect((await bench.service.as(token).get('/v1/forward-auth?scope=memory:read')).status).toBe(403);
    expect((await bench.service.as(token).get('/v1/api-keys')).status).toBe(403);
  });

  it('keeps out who was switched off', async () => {
    const { token, hash } = foreignKey();
    expect((await bench.importFile([exportedKey(hash, { is_active: false })])).code).toBe(0);
    expect((await bench.keyOf({ hash })).enabled).toBe(false);
    expect((await bench.service.as(token).get('/v1/api-keys/self')).body['code']).toBe('key_disabled');
  });

  it('is told what was left out', async () => {
    const { hash } = foreignKey();
    const fields = { last_used_at: { $date: '2024-06-01T00:00:00Z' }, constructor: 'x', revoked: false };
    const ran = await bench.importFile([exportedKey(hash, fields)]);
    expect(ran.lines).toEqual([
      'line 1: imported, but left out: last_used_at',
      'line 1: imported, but left out: constructor',
      'line 1: imported, but left out: revoked',
      '1 imported, 0 known already, 0 refused',
    ]);
  });

  it.each([
    ['names of its own', { metadata: { team: 'search' } }, { team: 'search', key_prefix: 'xm_Zm9v' }],
    ['the same name', { metadata: { key_prefix: 'mine' } }, { key_prefix: 'mine' }],
  ])('finds metadata merged, where the document has %s', async (_name, fields, metadata) => {
    const { hash } = foreignKey();
    expect((await bench.importFile([exportedKey(hash, fields)])).code).toBe(0);
    expect((await bench.keyOf({ hash })).metadata).toMatchObject(metadata);
  });

  it('is not bound by the longest life that callers have', async () => {
    const { hash } = foreignKey();
    const ran = await bench.importFile([exportedKey(hash, { expires_at: null })], {
      API_KEY_MAX_TTL_DAYS: '1',
    });
    expect(ran.code).toBe(0);
    expect((await bench.keyOf({ hash })).expiresAt).toBeUndefined();
  });

  it('is told where tokens will not be looked at', async () => {
    const ran = await bench.importFile([exportedKey(foreignKey().hash)], { IMPORT_TOKEN_PREFIXES: '' });
    expect([ran.code, ran.lines[0]]).toEqual([
      0,
      'line 1: imported, but IMPORT_TOKEN_PREFIXES is unset: tokens of other systems are not looked at',
    ]);
  });

  it('may run it again, and after changes: nothing changes, and the exit code says whether all is well', async () => {
    const keys = [foreignKey(), foreignKey(), foreignKey()] as const;
    const documents = keys.map(({ hash }) => exportedKey(hash));
    expect((await bench.importFile(documents)).code).toBe(0);
    const root = bench.service.as(bench.service.root.token);
    await root.delete(`/v1/api-keys/${foreignKeyId(keys[0].hash)}`);
    await root.patch(`/v1/api-keys/${foreignKeyId(keys[1].hash)}`, { name: 'renamed', scopes: [] });
    const before = await Promise.all(keys.map(async (key) => bench.keyOf(key)));

    const clean = await bench.importFile(documents.map((document) => ({ ...document, scopes: ['*'] })));
    expect([clean.code, clean.lines]).toEqual([0, ['0 imported, 3 known already, 0 refused']]);
    const dirty = await bench.importFile([...documents, 'nonsense']);
    expect([dirty.code, dirty.lines.at(-1)]).toEqual([1, '0 imported, 3 known already, 1 refused']);
    expect(await Promise.all(keys.map(async (key) => bench.keyOf(key)))).toEqual(before);
    expect((await bench.service.as(keys[0].token).get('/v1/api-keys/self')).body['code']).toBe('key_revoked');
  });

  it('may have lines that end as on Windows, and none at the end of the file', async () => {
    const keys = [foreignKey(), foreignKey()];
    const file = join(bench.folder, 'windows.ndjson');
    await writeFile(file, keys.map(({ hash }) => JSON.stringify(exportedKey(hash))).join('\r\n'));
    expect(await bench.run(['import', file])).toMatchObject({
      code: 0,
      lines: ['2 imported, 0 known already, 0 refused'],
    });
  });

  it('may import nothing', async () => {
    expect(await bench.importFile([])).toEqual({
      code: 0,
      lines: ['0 imported, 0 known already, 0 refused'],
      stderr: '',
    });
  });
});
