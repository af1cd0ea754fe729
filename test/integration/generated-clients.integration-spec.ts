import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CLIENT_LANGUAGES,
  type ClientLanguage,
  copyRunner,
  type Ended,
  runIn,
} from '../support/integration/generated-clients';
import { type Keyward, startKeywardInMemory } from '../support/integration/keyward';
import { makeTempFolder, type TempFolder } from '../support/integration/temp-folder';

const TABLE = join(__dirname, '../conformance/cases.json');
const BUILDS_WITHIN_MS = 900_000;

interface Case {
  readonly name: string;
  readonly operation: string;
  readonly status: number;
  readonly answer?: Readonly<Record<string, unknown>>;
}

async function readCases(): Promise<readonly Case[]> {
  return (JSON.parse(await readFile(TABLE, 'utf8')) as { readonly cases: readonly Case[] }).cases;
}

describe.each(CLIENT_LANGUAGES)('a client that $generator generates', (language: ClientLanguage) => {
  let keyward: Keyward;
  let folder: TempFolder;

  beforeAll(async () => {
    [keyward, folder] = await Promise.all([
      startKeywardInMemory({ LOG_LEVEL: 'error' }),
      makeTempFolder(`conformance-${language.folder}`),
    ]);
    await copyRunner(language, folder.path);
    const { text } = await keyward.as().get('/docs-json');
    await writeFile(join(folder.path, 'openapi.json'), text);
    const { code, output } = await runIn(folder.path, language.generate);
    if (code !== 0) throw new Error(`${language.generator} generates no client:\n${output}`);
  }, BUILDS_WITHIN_MS);
  afterAll(async () => {
    await folder.remove();
    await keyward.stop();
  });

  async function runTable(table: string): Promise<Ended> {
    return runIn(folder.path, [...language.run, table], {
      KEYWARD_URL: keyward.url,
      KEYWARD_TOKEN: keyward.rootToken,
    });
  }

  it(
    'compiles',
    async () => {
      const { code, output } = await runIn(folder.path, language.compile);
      if (code !== 0) throw new Error(`the client does not compile:\n${output}`);
    },
    BUILDS_WITHIN_MS,
  );

  it(
    'gets the answers that cases.json expects',
    async () => {
      const cases = await readCases();
      const { code, output } = await runTable(TABLE);
      expect(output.split('\n').filter((line) => !line.startsWith('ok '))).toEqual([
        `${cases.length} passed, 0 failed`,
        '',
      ]);
      expect(code).toBe(0);
    },
    BUILDS_WITHIN_MS,
  );

  it(
    'reports answers that differ from the expected ones',
    async () => {
      const [self] = await readCases();
      const wrong = [
        { ...self, name: 'another status', status: 201 },
        { ...self, name: 'another value', answer: { ...self?.answer, status: 'revoked' } },
        { ...self, name: 'another type', answer: { ...self?.answer, version: { $type: 'string' } } },
        { ...self, name: 'another list', answer: { ...self?.answer, scopes: ['*', '*'] } },
        { ...self, name: 'a value for null', answer: { ...self?.answer, orgId: 'acme' } },
        { ...self, name: 'a member that is missing', answer: { ...self?.answer, token: null } },
        { ...self, name: 'a member too many', answer: { ...self?.answer, id: { $absent: true } } },
      ];
      const table = join(folder.path, 'wrong.json');
      await writeFile(table, JSON.stringify({ cases: wrong }));
      const { code, output } = await runTable(table);
      expect(output.split('\n').filter((line) => line.startsWith('not ok'))).toEqual(
        wrong.map(({ name }) => `not ok ${name}`),
      );
      expect([code, output]).toEqual([1, expect.stringContaining(`0 passed, ${wrong.length} failed`)]);
    },
    BUILDS_WITHIN_MS,
  );
});

describe('the conformance cases', () => {
  it('cover every operation of keys and verification, and most problem codes', async () => {
    const cases = await readCases();
    const asked = new Set(cases.map(({ operation }) => operation));
    expect([...asked].toSorted()).toEqual([
      'createApiKey',
      'getApiKey',
      'getApiKeyHistory',
      'getCurrentApiKey',
      'introspectToken',
      'listApiKeys',
      'revokeApiKey',
      'revokeCurrentApiKey',
      'rotateApiKey',
      'updateApiKey',
      'verifyApiKey',
    ]);
    const refused = cases.filter(({ status }) => status >= 400);
    expect(refused.filter(({ answer }) => answer?.['code'] === undefined)).toEqual([]);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([400, 401, 403, 404, 409, 412]));
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });
});
