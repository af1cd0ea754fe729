import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { foreignKeyId } from '../../src/api-keys/domain/token/foreign-token';
import { foreignKey } from '../support/foreign-keys';
import { exportedKey, type ImportBench, startImportBench } from '../support/import-command';

let bench: ImportBench;

beforeAll(async () => {
  bench = await startImportBench();
});
afterAll(async () => bench.stop());

describe('the import command with the output of mongoexport', () => {
  it('imports every field, and the tokens keep working', async () => {
    const { token, hash } = foreignKey();
    const ran = await bench.importFile([exportedKey(hash)]);
    expect(ran).toEqual({ code: 0, lines: ['1 imported, 0 already known, 0 refused'], stderr: '' });
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
  ])('warns that the key has no access: %s', async (_name, fields) => {
    const { token, hash } = foreignKey();
    const ran = await bench.importFile([exportedKey(hash, { ...fields, org_id: null, project_id: null })]);
    expect([ran.code, ran.lines]).toEqual([
      0,
      ['line 1: imported, but no scopes: the key has no access', '1 imported, 0 already known, 0 refused'],
    ]);
    expect((await bench.keyOf({ hash })).scopes).toEqual([]);
    expect((await bench.service.as(token).get('/v1/forward-auth?scope=memory:read')).status).toBe(403);
    expect((await bench.service.as(token).get('/v1/api-keys')).status).toBe(403);
  });

  it('imports an inactive key as disabled', async () => {
    const { token, hash } = foreignKey();
    expect((await bench.importFile([exportedKey(hash, { is_active: false })])).code).toBe(0);
    expect((await bench.keyOf({ hash })).enabled).toBe(false);
    expect((await bench.service.as(token).get('/v1/api-keys/self')).body['code']).toBe('key_disabled');
  });

  it('prints the fields that it does not import', async () => {
    const { hash } = foreignKey();
    const fields = { last_used_at: { $date: '2024-06-01T00:00:00Z' }, constructor: 'x' };
    const ran = await bench.importFile([exportedKey(hash, fields)]);
    expect(ran.lines).toEqual([
      'line 1: imported, but left out: last_used_at',
      'line 1: imported, but left out: constructor',
      '1 imported, 0 already known, 0 refused',
    ]);
  });

  it.each([
    ['other entries', { metadata: { team: 'search' } }, { team: 'search', key_prefix: 'xm_Zm9v' }],
    ['its own key_prefix, which stays', { metadata: { key_prefix: 'mine' } }, { key_prefix: 'mine' }],
  ])('merges key_prefix into metadata that has %s', async (_name, fields, metadata) => {
    const { hash } = foreignKey();
    expect((await bench.importFile([exportedKey(hash, fields)])).code).toBe(0);
    expect((await bench.keyOf({ hash })).metadata).toMatchObject(metadata);
  });

  it('ignores API_KEY_MAX_TTL_DAYS', async () => {
    const { hash } = foreignKey();
    const ran = await bench.importFile([exportedKey(hash, { expires_at: null })], {
      API_KEY_MAX_TTL_DAYS: '1',
    });
    expect(ran.code).toBe(0);
    expect((await bench.keyOf({ hash })).expiresAt).toBeUndefined();
  });

  it('warns if IMPORT_TOKEN_PREFIXES lacks the prefix of the tokens', async () => {
    const ran = await bench.importFile([exportedKey(foreignKey().hash)], { IMPORT_TOKEN_PREFIXES: '' });
    expect([ran.code, ran.lines[0]]).toEqual([
      0,
      'line 1: imported, but tokens with prefix xm_ will not be accepted: add xm_ to IMPORT_TOKEN_PREFIXES',
    ]);
  });

  it('changes nothing on a second run, and exits with 1 only if a line is rejected', async () => {
    const keys = [foreignKey(), foreignKey(), foreignKey()] as const;
    const documents = keys.map(({ hash }) => exportedKey(hash));
    expect((await bench.importFile(documents)).code).toBe(0);
    const root = bench.service.as(bench.service.root.token);
    await root.delete(`/v1/api-keys/${foreignKeyId(keys[0].hash)}`);
    await root.patch(`/v1/api-keys/${foreignKeyId(keys[1].hash)}`, { name: 'renamed', scopes: [] });
    const before = await Promise.all(keys.map(async (key) => bench.keyOf(key)));

    const clean = await bench.importFile(documents.map((document) => ({ ...document, scopes: ['*'] })));
    expect([clean.code, clean.lines]).toEqual([0, ['0 imported, 3 already known, 0 refused']]);
    const dirty = await bench.importFile([...documents, 'nonsense']);
    expect([dirty.code, dirty.lines.at(-1)]).toEqual([1, '0 imported, 3 already known, 1 refused']);
    expect(await Promise.all(keys.map(async (key) => bench.keyOf(key)))).toEqual(before);
    expect((await bench.service.as(keys[0].token).get('/v1/api-keys/self')).body['code']).toBe('key_revoked');
  });

  it('maps scopes, and allows management scopes only with --allow-management-scopes', async () => {
    const keys = [foreignKey(), foreignKey()] as const;
    const documents = keys.map(({ hash }) => exportedKey(hash, { scopes: ['*', 'Reports'] }));
    const map = ['--map-scope', '*=memory:*', '--map-scope', 'Reports=report:read'];
    const mapped = await bench.importWith(map, documents.slice(0, 1));
    expect([mapped.code, mapped.lines]).toEqual([0, ['1 imported, 0 already known, 0 refused']]);
    expect((await bench.keyOf(keys[0])).scopes).toEqual(['memory:*', 'report:read']);

    const late = ['--map-scope', 'Reports=api-keys:read', '--map-scope', '*=memory:*'];
    const refused = await bench.importWith(late, documents.slice(1));
    expect([refused.code, refused.lines[0]]).toEqual([
      1,
      expect.stringMatching(/^line 1: refused: scopes give access to Keyward itself: api-keys:read/),
    ]);
    const allowed = await bench.importWith([...late, '--allow-management-scopes'], documents.slice(1));
    expect(allowed.code).toBe(0);
    expect((await bench.keyOf(keys[1])).scopes).toEqual(['memory:*', 'api-keys:read']);
  });

  it('reports known keys that the other system revoked, and revokes them with --apply-revocations [T63]', async () => {
    const [one, other] = [foreignKey(), foreignKey()] as const;
    const documents = [exportedKey(one.hash), exportedKey(other.hash)];
    await bench.importFile(documents);
    const later = [
      exportedKey(one.hash, { is_active: false, name: 'other', scopes: [] }),
      exportedKey(other.hash, { revoked_at: { $date: '2026-10-01T00:00:00.000+0000' }, revoked_by: 'ada' }),
    ];
    const told = await bench.importFile(later);
    expect([told.code, told.lines]).toEqual([
      1,
      [
        'line 1: already known, but revoked in the other system: it still works here; revoke it with --apply-revocations',
        'line 2: already known, but revoked in the other system: it still works here; revoke it with --apply-revocations',
        '0 imported, 2 already known, 0 refused, 2 revoked only in the other system',
      ],
    ]);
    const applied = await bench.importWith(['--apply-revocations'], later);
    expect([applied.code, applied.lines]).toEqual([
      0,
      [
        `line 1: already known, and revoked in the other system: ${foreignKeyId(one.hash)} no longer works here`,
        `line 2: already known, and revoked in the other system: ${foreignKeyId(other.hash)} no longer works here`,
        '0 imported, 2 already known, 0 refused, 2 revocations applied',
      ],
    ]);
    expect(await bench.keyOf(one)).toMatchObject({ enabled: false, name: 'ingest', version: 2 });
    expect(await bench.keyOf(other)).toMatchObject({ revokedBy: 'cli', version: 2 });
    const again = await bench.importWith(['--apply-revocations'], later);
    expect([again.code, again.lines]).toEqual([0, ['0 imported, 2 already known, 0 refused']]);
    expect((await bench.keyOf(one)).version).toBe(2);
  });

  it('skips a byte order mark before the first line only', async () => {
    const documents = [foreignKey(), foreignKey()].map(
      ({ hash }) => `\ufeff${JSON.stringify(exportedKey(hash))}`,
    );
    const ran = await bench.importFile(documents);
    expect(ran.lines).toEqual([
      expect.stringMatching(/^line 2: refused: the line is not JSON/),
      '1 imported, 0 already known, 1 refused',
    ]);
  });

  it('prints a repeated warning once, with its line numbers', async () => {
    const documents = Array.from({ length: 12 }, () => exportedKey(foreignKey().hash, { last_used: 1 }));
    expect((await bench.importFile(documents)).lines).toEqual([
      '12 lines (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …; all with --json): imported, but left out: last_used',
      '12 imported, 0 already known, 0 refused',
    ]);
  });

  it('imports keys with invalid names or a past expiry, and prints a warning for each', async () => {
    const keys = [foreignKey(), foreignKey(), foreignKey()] as const;
    const ran = await bench.importFile([
      exportedKey(keys[0].hash, { name: '' }),
      exportedKey(keys[1].hash, { name: 'n'.repeat(120) }),
      exportedKey(keys[2].hash, { expires_at: { $date: '2024-01-01T00:00:00Z' } }),
    ]);
    expect([ran.code, ran.lines]).toEqual([
      0,
      [
        'line 1: imported, but without a name: named "imported key"',
        'line 2: imported, but name is longer than 100 characters: shortened',
        'line 3: imported, but expired: the key does not work',
        '3 imported, 0 already known, 0 refused',
      ],
    ]);
    const url = '/v1/forward-auth?scope=memory:read&org=acme&project=apollo';
    const answers = await Promise.all(keys.map(async ({ token }) => bench.service.as(token).get(url)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401]);
  });

  it('accepts Windows line endings, and a last line without a line ending', async () => {
    const keys = [foreignKey(), foreignKey()];
    const file = join(bench.folder, 'windows.ndjson');
    await writeFile(file, keys.map(({ hash }) => JSON.stringify(exportedKey(hash))).join('\r\n'));
    expect(await bench.run(['import', file])).toMatchObject({
      code: 0,
      lines: ['2 imported, 0 already known, 0 refused'],
    });
  });

  it('accepts an empty file', async () => {
    expect(await bench.importFile([])).toEqual({
      code: 0,
      lines: ['0 imported, 0 already known, 0 refused'],
      stderr: '',
    });
  });
});
