import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { foreignKeyId } from '../../src/api-keys/domain/token/foreign-token';
import { hashToken } from '../../src/api-keys/domain/token/key-token';
import { type ImportBench, startImportBench } from '../support/import-command';
import { storedKey } from '../support/stored-key';
import { firstExport, lastExport, type XMemKey, xmemKeys } from '../support/xmem-store';

const PATH = '/v1/api-keys/import';
const GUIDE = join(__dirname, '../../docs/import.md');

interface Counts {
  readonly imported: number;
  readonly known: number;
  readonly refused: number;
  readonly pendingRevocations: number;
  readonly appliedRevocations: number;
  readonly results: readonly {
    readonly outcome: string;
    readonly reasons?: readonly string[];
    readonly warnings?: readonly string[];
  }[];
}

interface Asked {
  /** Whether to map `*` to `memory:*`; default true. */
  readonly mapped?: boolean;
  readonly applied?: boolean;
}

/** Imports an export and returns the report. */
type Import = (documents: readonly object[], asked?: Asked) => Promise<Counts>;

let bench: ImportBench;
let script: string;

beforeAll(async () => {
  bench = await startImportBench('xmem_');
  const [, after = ''] = (await readFile(GUIDE, 'utf8')).split('<!-- to-records.mjs: run by ');
  [, script = ''] = after.split(/```js\n|```/);
});
afterAll(async () => bench.stop());

const byCommand: Import = async (documents, { mapped = true, applied = false } = {}) => {
  const options = [
    '--json',
    ...(mapped ? ['--map-scope', '*=memory:*'] : []),
    ...(applied ? ['--apply-revocations'] : []),
  ];
  const ran = await bench.importWith(options, documents);
  const report = JSON.parse(ran.lines.join('\n')) as Counts;
  expect(ran.code).toBe(report.refused + report.pendingRevocations > 0 ? 1 : 0);
  return report;
};

/** Runs the script of the guide and returns its output. */
async function recordsOf(documents: readonly object[], mapped = true): Promise<string> {
  const file = join(bench.folder, 'export.ndjson');
  await writeFile(file, `\ufeff${documents.map((each) => JSON.stringify(each)).join('\n')}\n`);
  const toRecords = join(bench.folder, 'to-records.mjs');
  expect(script).toContain("'*': ['memory:*']");
  await writeFile(toRecords, mapped ? script : script.replace("'*': ['memory:*']", ''));
  const { stdout } = await promisify(execFile)(process.execPath, [toRecords, file]);
  return stdout;
}

const overHttp: Import = async (documents, { mapped = true, applied = false } = {}) => {
  const records: unknown = JSON.parse(await recordsOf(documents, mapped));
  const root = bench.service.as(bench.service.root.token);
  const answer = await root.post(`${PATH}?applyRevocations=${applied}`, records);
  expect(answer.status).toBe(200);
  return answer.body as unknown as Counts;
};

const codeBefore = (key: XMemKey): string => (key.isCreatedLater ? 'NOT_FOUND' : key.code);
const codeAfter = (key: XMemKey): string => (key.isRevokedLater ? 'DISABLED' : key.code);

const idOf = ({ token }: XMemKey): string => foreignKeyId(hashToken(token));

/** Returns the decision for each key in its own tenant. */
async function codesOf(keys: readonly XMemKey[]): Promise<Readonly<Record<string, unknown>>> {
  const root = bench.service.as(bench.service.root.token);
  const codes: Record<string, unknown> = {};
  for (const { what, token, document } of keys) {
    const { body } = await root.post('/v1/api-keys/verify', {
      token,
      scopes: ['memory:read'],
      ...(typeof document['org_id'] === 'string' && { orgId: document['org_id'] }),
      ...(typeof document['project_id'] === 'string' && { projectId: document['project_id'] }),
    });
    codes[what] = body['code'];
  }
  return codes;
}

function twoKeys(): readonly [XMemKey, XMemKey] {
  const [one, other] = xmemKeys();
  if (one === undefined || other === undefined) throw new Error('xmemKeys() returned fewer than two keys');
  return [one, other];
}

const expected = (
  keys: readonly XMemKey[],
  codeOf: (key: XMemKey) => string,
): Readonly<Record<string, string>> => Object.fromEntries(keys.map((key) => [key.what, codeOf(key)]));

describe.each<readonly [string, Import]>([
  ['the command', byCommand],
  ['HTTP', overHttp],
])('a migration from XMem by %s', (_way, importAll) => {
  it('rejects every key with the scope *, and gives a reason for each [T62]', async () => {
    const keys = xmemKeys();
    const report = await importAll(firstExport(keys), { mapped: false });
    const withAll = keys.filter(({ document, isCreatedLater }) => {
      return !isCreatedLater && String(document['scopes']) === '*';
    });
    expect(report.refused).toBe(withAll.length);
    const reasons = report.results.flatMap((result) => result.reasons ?? []);
    for (const reason of reasons)
      expect(reason).toMatch(/^scopes give access to Keyward itself: \*\. .*--map-scope/);
    for (const { token } of withAll) {
      expect((await bench.service.as(token).get('/v1/api-keys')).status).toBe(401);
    }
  });

  it('keeps the scopes, bindings, expiry and state of 20 keys before and after the switch', async () => {
    const keys = xmemKeys();
    expect(keys).toHaveLength(20);
    const first = await importAll(firstExport(keys));
    expect(first).toMatchObject({ imported: 19, known: 0, refused: 0, pendingRevocations: 0 });
    expect(await codesOf(keys)).toEqual(expected(keys, codeBefore));

    // Both systems run. XMem revokes two keys and creates one.
    const second = await importAll(lastExport(keys));
    expect(second).toMatchObject({ imported: 1, known: 19, refused: 0, pendingRevocations: 2 });
    expect(await codesOf(keys)).toEqual(expected(keys, ({ code }) => code));

    const third = await importAll(lastExport(keys), { applied: true });
    expect(third).toMatchObject({ known: 20, pendingRevocations: 0, appliedRevocations: 2 });
    expect(await codesOf(keys)).toEqual(expected(keys, codeAfter));

    const stored = await Promise.all(keys.map(async (key) => storedKey(bench.service, idOf(key))));
    const fourth = await importAll(lastExport(keys), { applied: true });
    expect(fourth).toMatchObject({ known: 20, pendingRevocations: 0, appliedRevocations: 0 });
    expect(await Promise.all(keys.map(async (key) => storedKey(bench.service, idOf(key))))).toEqual(stored);
  });

  it('warns of keys that will not work, with the reason', async () => {
    const keys = xmemKeys();
    const { results } = await importAll(lastExport(keys));
    const dead = keys.filter(({ code }) => code === 'EXPIRED' || code === 'INSUFFICIENT_SCOPE');
    for (const { what } of dead.filter((key) => String(key.document['scopes']) !== 'report:read')) {
      const { warnings = [] } = results[keys.findIndex((key) => key.what === what)] ?? {};
      expect(warnings.join()).toMatch(/expired: the key does not work|no scopes: the key has no access/);
    }
  });

  it('keeps every binding: verify answers BINDING_MISMATCH for other tenants', async () => {
    const keys = xmemKeys();
    await importAll(firstExport(keys));
    const bound = keys.filter(({ document }) => document['org_id'] === 'acme');
    const root = bench.service.as(bench.service.root.token);
    expect(bound).toHaveLength(2);
    for (const { token } of bound) {
      for (const tenant of [{}, { orgId: 'globex', projectId: 'apollo' }]) {
        const asked = { token, scopes: ['memory:read'], ...tenant };
        expect((await root.post('/v1/api-keys/verify', asked)).body['code']).toBe('BINDING_MISMATCH');
      }
    }
  });

  it('keeps names, external ids, dates and key prefixes', async () => {
    const keys = xmemKeys();
    await importAll(lastExport(keys));
    const keyOf = async (what: string): Promise<unknown> => {
      const found = keys.find((key) => key.what === what);
      return found && storedKey(bench.service, idOf(found));
    };
    expect(await keyOf('an empty name')).toMatchObject({ name: 'imported key' });
    expect(await keyOf('a name of 120 characters')).toMatchObject({ name: 'n'.repeat(100) });
    expect(await keyOf('dates and ids of an older mongoexport, created later')).toMatchObject({
      externalId: '64b7f0c2a1b2c3d4e5f60719',
      createdAt: new Date('2024-05-01T08:00:00.123Z'),
      expiresAt: new Date('2099-01-01T00:00:00Z'),
      metadata: { key_prefix: expect.stringMatching(/^xmem_...$/) as string },
    });
  });

  it('rejects a key that is already revoked, and revokes a known key that was revoked later', async () => {
    const [former, current] = twoKeys();
    const revoked = { ...former.document, revoked: true };
    const first = await importAll([revoked, { ...current.document, revoked: false }]);
    expect(first).toMatchObject({ imported: 1, refused: 1, pendingRevocations: 0 });
    expect(first.results[0]?.reasons?.join()).toMatch(/^The other system revoked this key/);
    expect(await codesOf([former, current])).toEqual({ [former.what]: 'NOT_FOUND', [current.what]: 'VALID' });

    const last = [revoked, { ...current.document, revoked_at: { $date: '2026-10-01T08:00:00.000+0000' } }];
    const second = await importAll(last);
    expect(second).toMatchObject({ known: 1, refused: 1, pendingRevocations: 1, appliedRevocations: 0 });
    const third = await importAll(last, { applied: true });
    expect(third).toMatchObject({ known: 1, refused: 1, pendingRevocations: 0, appliedRevocations: 1 });
    expect(await codesOf([former, current])).toEqual({
      [former.what]: 'NOT_FOUND',
      [current.what]: 'REVOKED',
    });

    const fourth = await importAll(last);
    expect(fourth).toMatchObject({ known: 1, refused: 1, pendingRevocations: 0, appliedRevocations: 0 });
  });

  it.each([
    ['disabled_at', '2026-10-01T08:00:00Z'],
    ['tenant_id', 'acme'],
    ['rate_limit', 100],
    ['expires', 4_070_908_800],
  ])('rejects a document with the unknown field %s, and names the field', async (name, value) => {
    const [restricted, other] = twoKeys();
    const report = await importAll([{ ...restricted.document, [name]: value }, other.document]);
    expect(report).toMatchObject({ imported: 1, refused: 1 });
    expect(report.results[0]?.reasons?.join()).toMatch(new RegExp(`^${name} (?:may |is not a known field)`));
    expect(await codesOf([restricted])).toEqual({ [restricted.what]: 'NOT_FOUND' });
  });

  it('keeps restrictions that already have Keyward’s field names', async () => {
    const [key] = twoKeys();
    const restrictions = {
      allowedIps: ['203.0.113.0/24'],
      rateLimits: [{ name: 'default', limit: 10, windowSeconds: 60 }],
    };
    const report = await importAll([{ ...key.document, ...restrictions, description: null }]);
    expect(report).toMatchObject({ imported: 1, refused: 0 });
    expect(await storedKey(bench.service, idOf(key))).toMatchObject(restrictions);
  });
});

describe('the script of docs/import.md', () => {
  it('stops with the line number if two fields contradict each other', async () => {
    const [one, other] = twoKeys();
    const documents = [one.document, { ...other.document, enabled: false }];
    await expect(recordsOf(documents)).rejects.toThrow(
      'line 2: enabled contradicts another field for enabled',
    );
  });
});
