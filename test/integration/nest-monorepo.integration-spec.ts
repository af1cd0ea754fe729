import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blockOf } from '../support/docs/markdown-blocks';
import { makeTempFolder, type TempFolder } from '../support/integration/temp-folder';
import { HttpClient } from '../support/http-client';
import type { NodeProcess } from '../support/node-process';
import { NestApplication } from '../support/package/nest-application';
import { packIn } from '../support/package/tarball';
import { keyFrom, statusOf } from '../support/package/tenants';
import { eventuallyIs } from '../support/patience';
import { testDatabaseUri } from '../support/test-database';

const PAGE = 'docs/guides/nest-recipes.md';
const FILES = [
  'libs/keys/src/keys.module.ts',
  'apps/memories/src/app.module.ts',
  'apps/memories/src/app.controller.ts',
];

let workshop: TempFolder;
let monorepo: NestApplication;

/** Changes a generated file. Throws if the file has no such text. */
async function edit(
  path: string,
  ...changes: readonly (readonly [from: string, to: string])[]
): Promise<void> {
  let code = await readFile(join(monorepo.folder, path), 'utf8');
  for (const [from, to] of changes) {
    if (!code.includes(from)) throw new Error(`${path} has no ${from}`);
    code = code.replace(from, to);
  }
  await monorepo.writeAt(path, code);
}

beforeAll(async () => {
  workshop = await makeTempFolder('nest-monorepo');
  const tarball = await packIn(join(workshop.path, 'clone'));
  monorepo = await NestApplication.generate(
    join(workshop.path, 'monorepo'),
    tarball,
    blockOf(PAGE, 'monorepo'),
  );
  await monorepo.succeed(blockOf(PAGE, 'install monorepo'));
  for (const file of FILES) await monorepo.writeAt(file, blockOf(PAGE, file));
  const reference = blockOf(PAGE, 'references').trim();
  await edit('tsconfig.json', ['"references": [', `"references": [${reference},`]);
  await edit(
    'apps/admin/src/admin.module.ts',
    ['imports: []', 'imports: [KeysModule.forApp(true)]'],
    ['import { Module }', "import { KeysModule } from '@app/keys';\nimport { Module }"],
  );
  await edit(
    'apps/admin/src/admin.controller.ts',
    ['@Get()', '@Public()\n  @Get()'],
    ['import { AdminService }', "import { Public } from 'keyward';\nimport { AdminService }"],
  );
  for (const app of ['memories', 'admin']) {
    const variable = app === 'admin' ? 'port' : 'PORT';
    await edit(`apps/${app}/src/main.ts`, [
      `await app.listen(process.env.${variable} ?? 3000);`,
      "await app.listen(0, '127.0.0.1');\n  console.log(await app.getUrl());",
    ]);
  }
  await monorepo.succeed(blockOf(PAGE, 'build monorepo'));
}, 400_000);
afterAll(async () => workshop.remove());

describe('two applications of a Nest monorepo that share the guard', () => {
  const running: NodeProcess[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map(async (process) => process.stop()));
  });

  it('accept the same keys, and the application without the routes rejects a key that the other revokes', async () => {
    const environment = {
      NODE_ENV: 'production',
      MONGODB_URI: testDatabaseUri('monorepo'),
      API_KEY_PREFIXES: 'mem',
    };
    const serving = async (app: string): Promise<string> => {
      const started = monorepo.start(`apps/${app}/main.js`, environment);
      running.push(started);
      return (await started.waitFor(/http:\S+/))[0];
    };
    const root = (
      await monorepo.sh('npx --no keyward create-root-key 2>/dev/null', environment)
    ).output.trim();
    const [memories, admin] = [await serving('memories'), await serving('admin')];

    const scopes = ['memory:read'];
    const acme = await keyFrom(admin, root, { scopes, orgId: 'acme' });
    const globex = await keyFrom(admin, root, { scopes, orgId: 'globex' });
    const asked = async (token?: string): Promise<number> => statusOf(memories, '/orgs/acme/memories', token);
    expect([await asked(acme.token), await asked(globex.token), await asked()]).toEqual([200, 403, 401]);
    expect([await statusOf(memories, '/'), await statusOf(admin, '/')]).toEqual([200, 200]);
    expect([
      await statusOf(memories, '/v1/api-keys', root),
      await statusOf(admin, '/v1/api-keys', root),
      await statusOf(admin, '/v1/api-keys'),
    ]).toEqual([404, 200, 401]);

    expect((await new HttpClient(admin, root).delete(`/v1/api-keys/${acme.id}`)).status).toBe(204);
    await eventuallyIs(async () => asked(acme.token), 401);
    expect(await asked(globex.token)).toBe(403);
  });

  it('keep the generated tests, which pass', async () => {
    const tested = await monorepo.sh('npm test', { NO_COLOR: '1' });
    expect(tested).toEqual({ code: 0, output: expect.stringMatching(/Test Files +3 passed \(3\)/) });
  });
});
