import { foreignKeyId } from '../../src/api-keys/domain/token/foreign-token';
import { foreignKey } from '../support/foreign-keys';
import { exportedKey, type ImportBench, startImportBench } from '../support/import-command';
import { storeOf } from '../support/stored-key';

let bench: ImportBench;

beforeAll(async () => {
  bench = await startImportBench();
});
afterAll(async () => bench.stop());

describe('the import command', () => {
  const refused: readonly (readonly [string, (hash: string) => unknown, RegExp])[] = [
    [
      'a date without an offset',
      (hash) => exportedKey(hash, { expires_at: '2099-01-01T00:00:00' }),
      /expiresAt must be .*offset/,
    ],
    [
      'a date without an offset in extended JSON',
      (hash) => exportedKey(hash, { expires_at: { $date: '2099-01-01T00:00:00' } }),
      /expiresAt must be .*offset/,
    ],
    [
      'a revoked key',
      (hash) => ({ hash, scopes: ['a:b'], revoked: true }),
      /The other system revoked this key/,
    ],
    [
      'an unknown field that may mean that the key is disabled',
      (hash) => ({ hash, scopes: ['a:b'], disabledAt: '2026-01-01' }),
      /disabledAt may say/,
    ],
    [
      'an unknown field that may mean an expiry',
      (hash) => exportedKey(hash, { expires: 4_070_908_800 }),
      /expires may say/,
    ],
    [
      'an unknown field that may mean a tenant',
      (hash) => exportedKey(hash, { tenant_id: 'x' }),
      /tenant_id may restrict/,
    ],
    [
      'contradictory states',
      (hash) => exportedKey(hash, { enabled: false }),
      /is_active and enabled disagree/,
    ],
    [
      'the scope *',
      (hash) => exportedKey(hash, { scopes: ['*'] }),
      /scopes give access to Keyward itself: \*/,
    ],
    [
      'a scope that Keyward uses itself',
      (hash) => exportedKey(hash, { scopes: ['memory:read', 'users:read'] }),
      /scopes give access to Keyward itself: users:read/,
    ],
    ['a date in seconds', (hash) => exportedKey(hash, { expires_at: 4_070_908_800 }), /expiresAt must be/],
    [
      'a date out of range',
      (hash) => exportedKey(hash, { expires_at: { $date: { $numberLong: '9223372036854775807' } } }),
      /expiresAt must be/,
    ],
    [
      'an empty object as the date',
      (hash) => exportedKey(hash, { expires_at: { $date: {} } }),
      /expiresAt must be/,
    ],
    [
      'a null $date, which must not mean that the key never expires',
      (hash) => exportedKey(hash, { expires_at: { $date: null } }),
      /expiresAt must be/,
    ],
    [
      'an empty number as the date',
      (hash) => exportedKey(hash, { expires_at: { $date: { $numberLong: '' } } }),
      /expiresAt must be/,
    ],
    [
      'a null $date as the organisation, which must not mean that the key is unbound',
      (hash) => exportedKey(hash, { org_id: { $date: null } }),
      /orgId must be/,
    ],
    [
      'a user id with spaces',
      (hash) => exportedKey(hash, { user_id: 'Ada L.' }),
      /externalId must be 1 to 128/,
    ],
    ['an empty user id', (hash) => exportedKey(hash, { user_id: '' }), /externalId must be 1 to 128/],
    [
      'a list as the user id',
      (hash) => exportedKey(hash, { user_id: ['ada'] }),
      /externalId must be 1 to 128/,
    ],
    ['no hash', () => exportedKey('', { key_hash: undefined }), /hash must be a SHA-256/],
    ['a token instead of the hash', () => exportedKey(foreignKey().token), /hash must be a SHA-256/],
    ['a bcrypt hash', () => exportedKey('$2b$12$abcdefghijklmnopqrstuv'), /hash must be a SHA-256/],
    ['scopes as text', (hash) => exportedKey(hash, { scopes: '*' }), /scopes must be a list/],
    [
      'metadata as text, with a user id',
      (hash) => exportedKey(hash, { metadata: 'abc' }),
      /metadata must be/,
    ],
    [
      'metadata as a list, with a user id',
      (hash) => exportedKey(hash, { metadata: ['a'] }),
      /metadata must be/,
    ],
    ['broken JSON', () => '{"key_hash": ', /the line is not JSON/],
    ['a CSV line', (hash) => `ingest,${hash},memory:read`, /the line is not JSON/],
    ['a list', (hash) => [exportedKey(hash)], /the record must be an object/],
    ['text', () => '"nonsense"', /the record must be an object/],
    ['null', () => 'null', /the record must be an object/],
  ];

  it('rejects each invalid line with its reason, imports the others, and exits with code 1', async () => {
    const first = foreignKey();
    const last = foreignKey();
    const hashes = refused.map(() => foreignKey().hash);
    const ran = await bench.importFile([
      exportedKey(first.hash),
      '',
      ...refused.map(([, document], index) => document(hashes[index] ?? '')),
      '   ',
      exportedKey(last.hash),
    ]);
    expect(ran.code).toBe(1);
    expect(ran.lines).toEqual([
      ...refused.map(
        ([, , reason], index) =>
          expect.stringMatching(new RegExp(`^line ${index + 3}: refused: ${reason.source}`)) as string,
      ),
      `2 imported, 0 already known, ${refused.length} refused`,
    ]);
    expect(ran.stderr).toBe('');
    for (const { token } of [first, last]) {
      const { status } = await bench.service
        .as(token)
        .get('/v1/forward-auth?authenticated=1&org=acme&project=apollo');
      expect(status).toBe(200);
    }
    for (const hash of hashes) expect(await storeOf(bench.service).find(foreignKeyId(hash))).toBeNull();
    for (const hash of hashes) expect(ran.lines.join()).not.toContain(hash);
  });
});

describe('the import command with unusable arguments', () => {
  it.each([
    ['a file that does not exist', ['import', '/nowhere/keys.ndjson'], {}, 2, /^keyward: cannot read .*\n$/],
    [
      'memory storage',
      ['import', 'package.json'],
      { STORAGE: 'memory', NODE_ENV: 'test' },
      5,
      /^keyward: memory storage/,
    ],
    ['no file', ['import'], {}, 2, /missing required argument 'file'/],
    [
      'a scope map without a target',
      ['import', 'package.json', '--map-scope', '*'],
      {},
      2,
      /^keyward: --map-scope \* is invalid: write <from>=<to>/,
    ],
  ] as const)(
    'prints an error without a stack trace for %s',
    async (_name, args, environment, code, message) => {
      const ran = await bench.run(args, environment);
      expect([ran.code, ran.lines]).toEqual([code, []]);
      expect(ran.stderr).toMatch(message);
      expect(ran.stderr).not.toContain('    at ');
    },
  );

  it('prints an error for a folder', async () => {
    const ran = await bench.run(['import', bench.folder]);
    expect([ran.code, ran.lines]).toEqual([2, []]);
    expect(ran.stderr).toMatch(/^keyward: cannot read .*\n$/);
  });
});
