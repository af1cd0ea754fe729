import { foreignKeyId } from '../../src/api-keys/domain/token/foreign-token';
import { foreignKey } from '../support/foreign-keys';
import { exportedKey, type ImportBench, startImportBench } from '../support/import-command';
import { storeOf } from '../support/stored-key';

let bench: ImportBench;

beforeAll(async () => {
  bench = await startImportBench();
});
afterAll(async () => bench.stop());

describe('an operator who imports lines that cannot be', () => {
  const refused: readonly (readonly [string, (hash: string) => unknown, RegExp])[] = [
    [
      'a naive date',
      (hash) => exportedKey(hash, { expires_at: '2099-01-01T00:00:00' }),
      /expiresAt must be .*offset/,
    ],
    [
      'a naive date in extended JSON',
      (hash) => exportedKey(hash, { expires_at: { $date: '2099-01-01T00:00:00' } }),
      /expiresAt must be .*offset/,
    ],
    [
      'a field that says that the key was revoked',
      (hash) => ({ hash, scopes: ['a:b'], revoked: true }),
      /The other system revoked this key/,
    ],
    [
      'an unknown field that may have ended the key',
      (hash) => ({ hash, scopes: ['a:b'], disabledAt: '2026-01-01' }),
      /disabledAt may say/,
    ],
    ['an unknown expiry', (hash) => exportedKey(hash, { expires: 4_070_908_800 }), /expires may say/],
    [
      'another name for an organisation',
      (hash) => exportedKey(hash, { tenant_id: 'x' }),
      /tenant_id may restrict/,
    ],
    ['two states', (hash) => exportedKey(hash, { enabled: false }), /is_active and enabled disagree/],
    [
      'all of an API',
      (hash) => exportedKey(hash, { scopes: ['*'] }),
      /scopes give access to Keyward itself: \*/,
    ],
    [
      'a scope that Keyward has as well',
      (hash) => exportedKey(hash, { scopes: ['memory:read', 'users:read'] }),
      /scopes give access to Keyward itself: users:read/,
    ],
    ['seconds for a date', (hash) => exportedKey(hash, { expires_at: 4_070_908_800 }), /expiresAt must be/],
    [
      'a date beyond all dates',
      (hash) => exportedKey(hash, { expires_at: { $date: { $numberLong: '9223372036854775807' } } }),
      /expiresAt must be/,
    ],
    ['a date of nothing', (hash) => exportedKey(hash, { expires_at: { $date: {} } }), /expiresAt must be/],
    [
      'no date at all, which is not to mean for ever',
      (hash) => exportedKey(hash, { expires_at: { $date: null } }),
      /expiresAt must be/,
    ],
    [
      'an empty number for a date',
      (hash) => exportedKey(hash, { expires_at: { $date: { $numberLong: '' } } }),
      /expiresAt must be/,
    ],
    [
      'no date for the organisation, which is not to mean none',
      (hash) => exportedKey(hash, { org_id: { $date: null } }),
      /orgId must be/,
    ],
    ['a user with spaces', (hash) => exportedKey(hash, { user_id: 'Ada L.' }), /externalId must be 1 to 128/],
    ['an empty user', (hash) => exportedKey(hash, { user_id: '' }), /externalId must be 1 to 128/],
    [
      'a user that is a list',
      (hash) => exportedKey(hash, { user_id: ['ada'] }),
      /externalId must be 1 to 128/,
    ],
    ['no hash', () => exportedKey('', { key_hash: undefined }), /hash must be a SHA-256/],
    ['a token for the hash', () => exportedKey(foreignKey().token), /hash must be a SHA-256/],
    ['a bcrypt hash', () => exportedKey('$2b$12$abcdefghijklmnopqrstuv'), /hash must be a SHA-256/],
    ['scopes as text', (hash) => exportedKey(hash, { scopes: '*' }), /scopes must be a list/],
    ['metadata as text beside a user', (hash) => exportedKey(hash, { metadata: 'abc' }), /metadata must be/],
    [
      'metadata as a list beside a user',
      (hash) => exportedKey(hash, { metadata: ['a'] }),
      /metadata must be/,
    ],
    ['what is not JSON', () => '{"key_hash": ', /the line is not JSON/],
    ['a CSV line', (hash) => `ingest,${hash},memory:read`, /the line is not JSON/],
    ['a list', (hash) => [exportedKey(hash)], /the record must be an object/],
    ['text', () => '"nonsense"', /the record must be an object/],
    ['null', () => 'null', /the record must be an object/],
  ];

  it('sees every line stand or fall by itself, with its reason, and exit code 1', async () => {
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
      `2 imported, 0 known already, ${refused.length} refused`,
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

describe('an operator who gives the command what it cannot use', () => {
  it.each([
    [
      'a file that is not there',
      ['import', '/nowhere/keys.ndjson'],
      {},
      2,
      /^keyward: .*cannot be read.*\n$/,
    ],
    [
      'memory storage',
      ['import', 'package.json'],
      { STORAGE: 'memory', NODE_ENV: 'test' },
      5,
      /^keyward: memory storage/,
    ],
    ['no file', ['import'], {}, 2, /missing required argument 'file'/],
    [
      'a translation of scopes without a scope',
      ['import', 'package.json', '--map-scope', '*'],
      {},
      2,
      /^keyward: --map-scope \* is invalid: write <from>=<to>/,
    ],
  ] as const)('is told so: %s', async (_name, args, environment, code, message) => {
    const ran = await bench.run(args, environment);
    expect([ran.code, ran.lines]).toEqual([code, []]);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toContain('    at ');
  });

  it('is told so of a folder as well', async () => {
    const ran = await bench.run(['import', bench.folder]);
    expect([ran.code, ran.lines]).toEqual([2, []]);
    expect(ran.stderr).toMatch(/^keyward: .*cannot be read.*\n$/);
  });
});
