import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Environment } from '../../src/settings/environment';
import { type CompiledBlocks, compileBlocks } from '../support/docs/compiled-blocks';
import { blocksOf, RUNNABLE_PAGES } from '../support/docs/markdown-blocks';
import { freePort } from '../support/free-port';
import { type NodeProcess, runNode } from '../support/node-process';
import { testDatabaseUri } from '../support/test-database';

const ROOT = join(__dirname, '../..');
const HERE = 'test/e2e/guides.e2e-spec.ts';
const run = promisify(execFile);

const ALL = RUNNABLE_PAGES.flatMap((page) => blocksOf(page));
const COMMANDS = ALL.filter(({ language }) => ['sh', 'bash', 'shell', 'console'].includes(language));
const PROGRAMS = ALL.filter(({ language }) => ['ts', 'typescript', 'js', 'javascript'].includes(language));

interface DescribedApplication {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, unknown>>;
    readonly schemas: Readonly<Record<string, { readonly properties: Readonly<Record<string, unknown>> }>>;
  };
}

interface DescribedOperation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly 'x-required-scopes'?: unknown;
}

/** Returns the commands of a page that this file runs, in order. */
function commandsOf(page: string, name = ''): string {
  const found = COMMANDS.filter(
    (block) => block.page === page && block.mark.includes(`${name}: run by ${HERE}`),
  );
  if (found.length === 0) throw new Error(`${page} has no commands to run`);
  return found.map(({ code }) => code).join('\n');
}

/** Returns the first block of a page in a language. */
function firstBlock(page: string, language: string): string {
  return ALL.find((block) => block.page.endsWith(page) && block.language === language)?.code ?? '';
}

/** Waits for work that needs a process. Stops the process even if the work fails. */
async function beforeItStops<T>(running: NodeProcess, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } finally {
    await running.stop();
  }
}

describe('a block of code in the README and the guides', () => {
  it('is run by a test, or its mark gives the reason why not', () => {
    const unmarked = [...COMMANDS, ...PROGRAMS].filter(
      ({ mark }) =>
        !/^not run: \S.{10,}$/.test(mark) &&
        !/^[\w./\- ]+: (?:compiled and run|compiled|run) by test\/\w+\/[\w-]+\.(?:e2e|integration)-spec\.ts$/.test(
          mark,
        ),
    );
    expect(unmarked.map(({ page, code }) => [page, code])).toEqual([]);
  });

  it('appears in the test that its mark names', async () => {
    for (const { mark } of [...COMMANDS, ...PROGRAMS]) {
      const [, name = '', test] = /^(?!not run)(.*): .*by (test\/\S+)/.exec(mark) ?? [];
      if (test !== undefined && test !== HERE) {
        expect(await readFile(join(ROOT, test), 'utf8')).toContain(`'${name}'`);
      }
    }
  });

  it('has valid syntax, and names existing scripts, files and commands, if no test runs it', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const unrun = COMMANDS.filter(({ mark }) => mark.startsWith('not run: '));
    expect(unrun.length).toBeGreaterThan(0);
    for (const { code } of unrun) {
      await run('sh', ['-n', '-c', code]);
      for (const [, script = ''] of code.matchAll(/npm run ([\w:-]+)/g))
        expect(Object.keys(scripts)).toContain(script);
      for (const [, file = ''] of code.matchAll(/(?:^sh |[ ]-f )([\w./-]+)/gm))
        await readFile(join(ROOT, file));
      for (const [, command = ''] of code.matchAll(/(?:dist\/cli\.js|npx keyward) ([\w-]+)/g)) {
        const help = runNode(['dist/cli.js', command, '--help']);
        expect([command, await help.exited()]).toEqual([command, 0]);
      }
    }
  });
});

describe('a platform team that follows the guide', () => {
  it('gets the documented results with the verbatim commands', async () => {
    const service = runNode(['scripts/start.mjs'], { PORT: '0' });
    const [, root = ''] = await service.waitFor(/root key: (\S+)/);
    const [, url = ''] = await service.waitFor(/listening on (\S+)/);
    const commands = commandsOf('docs/guides/platform-team.md')
      .replace(/^export KEYWARD=.*$/m, `export KEYWARD=${url}`)
      .replace(/^export ROOT=.*$/m, `export ROOT=${root}`);
    expect(commands).not.toMatch(/^export.*…/m);
    const { stdout } = await beforeItStops(service, run('sh', ['-eu', '-c', commands]));
    expect(stdout.match(/"code":"\w+"/g)).toEqual([
      '"code":"VALID"',
      '"code":"BINDING_MISMATCH"',
      '"code":"BINDING_MISMATCH"',
    ]);
    expect(stdout.match(/"active":\w+/g)).toEqual(['"active":true', '"active":false']);
    expect(stdout.match(/\d{3}$/gm)?.slice(-4)).toEqual(['200', '403', '403', '403']);
  });
});

describe('an operator who follows the guide', () => {
  const page = 'docs/guides/operator.md';

  it('can create a first key and revoke a leaked one', async () => {
    const uri = testDatabaseUri('guide');
    const folder = await mkdtemp(join(tmpdir(), 'keyward-guide-'));
    const first = commandsOf(page, 'first key')
      .replace(/^export MONGODB_URI=.*$/m, `export MONGODB_URI='${uri}'`)
      .replace('/tmp/root-key', `${folder}/root-key`);
    expect(first).not.toContain('…');
    const { PATH = '' } = process.env;
    await run('sh', ['-eu', '-c', first], { cwd: ROOT, env: { PATH, NODE_ENV: 'production' } });
    const root = (await readFile(join(folder, 'root-key'), 'utf8')).trim();
    await rm(folder, { recursive: true });

    const service = runNode(['dist/main.js'], { NODE_ENV: 'production', PORT: '0', MONGODB_URI: uri });
    const [, url = ''] = await service.waitFor(/listening on (\S+)/);
    const ended = run('sh', ['-eu', '-c', commandsOf(page, 'leaked')], {
      env: { PATH, KEYWARD: url, LEAKED: root },
    });
    const { stdout } = await beforeItStops(service, ended);
    expect(stdout.match(/\d{3}$/gm)).toEqual(['204', '401']);
  });

  it('finds every setting in the table, with its default', async () => {
    const text = await readFile(join(ROOT, page), 'utf8');
    const [, table = ''] = text.split('<!-- settings: ');
    const rows = [...table.matchAll(/^\| `([A-Z0-9_]+)` +\| (\S+) +\| (.+) \|$/gm)];
    const shown = rows.map(([, name, value]) => [name, value?.replaceAll('`', '').replace('—', '')]);
    const example = await readFile(join(ROOT, '.env.example'), 'utf8');
    const known = [...example.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name, value]) => [name, value]);
    expect(shown).toEqual(known);
    expect(new Set(shown.map(([name]) => name))).toEqual(new Set(Object.keys(new Environment())));
  });
});

/** Returns the status of each path, requested with or without the token. */
async function statusesOf(
  url: string,
  token: string,
  ...questions: readonly (readonly [path: string, authorised?: boolean])[]
): Promise<readonly number[]> {
  return Promise.all(
    questions.map(async ([path, authorised = true]) => {
      const headers: Record<string, string> = authorised ? { Authorization: `Bearer ${token}` } : {};
      return (await fetch(url + path, { headers })).status;
    }),
  );
}

describe.each([
  ['ES modules', 'module'],
  ['CommonJS', 'commonjs'],
] as const)('a Nest team that follows the README and the guide with %s', (_, type) => {
  let compiled: CompiledBlocks;
  const inReadme = (file: string): string => join(compiled.folderOf('README.md'), file);
  const inGuide = (file = ''): string => join(compiled.folderOf('nest-team.md'), file);

  beforeAll(async () => {
    compiled = await compileBlocks(
      PROGRAMS.filter(({ mark }) => mark.includes(`by ${HERE}`)),
      type,
    );
  });
  afterAll(async () => compiled.remove());

  it('gets guarded routes without a database, and sees its first token once', async () => {
    const main = inReadme('main.js');
    const port = String(await freePort());
    const app = runNode([main], { PORT: port, NODE_ENV: 'development' });
    const [, token = ''] = await app.waitFor(/^export KEY=(kw_\S+)$/m);
    const answers = statusesOf(
      `http://127.0.0.1:${port}`,
      token,
      ['/orgs/acme/memories'],
      ['/orgs/globex/memories'],
      ['/orgs/acme/memories', false],
    );
    expect(await beforeItStops(app, answers)).toEqual([200, 403, 401]);
    expect(app.stdout().split(token)).toHaveLength(2);
  });

  /** Starts the application of a page with the main.ts of the README, whose key then holds all scopes. */
  async function startWithReadme(
    page: string,
  ): Promise<{ readonly app: NodeProcess; readonly port: string; readonly key: string }> {
    const [port, main] = await Promise.all([freePort(), readFile(inReadme('main.js'), 'utf8')]);
    const script = join(compiled.folderOf(page), 'main.js');
    await writeFile(script, main.replace("['memory:read']", "['memory:*']"));
    const app = runNode([script], { PORT: String(port), NODE_ENV: 'development' });
    const [, key = ''] = await app.waitFor(/^export KEY=(kw_\S+)$/m);
    return { app, port: String(port), key };
  }

  it('gets the documented answer of a GraphQL API with the verbatim request', async () => {
    const { app, port, key } = await startWithReadme('graphql.md');
    const request = commandsOf('docs/guides/graphql.md', 'request').replace(':3001', `:${port}`);
    const { PATH = '' } = process.env;
    const sent = run('sh', ['-eu', '-c', request], { env: { PATH, KEY: key } });
    const { stdout } = await beforeItStops(app, sent);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(firstBlock('graphql.md', 'json')));
  });

  it('gets the documented output of the Socket.IO client', async () => {
    const { app, port, key } = await startWithReadme('websockets.md');
    const folder = compiled.folderOf('websockets.md');
    const client = (await readFile(join(folder, 'client.mjs'), 'utf8')).replace(':3001', `:${port}`);
    const script = join(folder, 'client-of-port.mjs');
    await writeFile(script, client);
    const running = runNode([script], { KEY: key });
    expect(await beforeItStops(app, running.exited())).toBe(0);
    expect([running.stdout(), running.stderr()]).toEqual([firstBlock('websockets.md', 'text'), '']);
  });

  it('gets an error for memory storage if NODE_ENV is not set', async () => {
    const app = runNode([inReadme('main.js')], { PORT: '0' });
    expect(await app.exited()).toBe(1);
    expect(app.stdout() + app.stderr()).toContain('allowed only if NODE_ENV is exactly');
  });

  it('gets routes guarded by scope and tenant, and sees its first token once', async () => {
    const main = inGuide('main.js');
    const settings = { PORT: '0', MONGODB_URI: testDatabaseUri(`nest_guide_${type}`) };
    const app = runNode([main], settings);
    const [, url = '', token = ''] = await app.waitFor(/(http:\S+) (mem_\S+)/);
    const answers = statusesOf(
      url,
      token,
      ['/orgs/acme/memories'],
      ['/orgs/globex/memories'],
      ['/whoami'],
      ['/', false],
      ['/whoami', false],
    );
    expect(await beforeItStops(app, answers)).toEqual([200, 403, 200, 200, 401]);

    const restarted = runNode([main], settings);
    await beforeItStops(restarted, restarted.waitFor(/http:\S+ has keys already/));
    expect(restarted.stdout()).not.toContain('mem_');
  });

  it.each([
    ['a route that declares nothing', {}, /declare no access: GET \/old/],
    ['memory storage in production', { STORAGE: 'memory' }, /allowed only if NODE_ENV is exactly/],
  ])('sees why its application does not start: %s', async (_fault, environment, reason) => {
    const program = `
      require('reflect-metadata');
      const { Controller, Get, Module } = require('@nestjs/common');
      class Old { list() { return ''; } }
      Get()(Old.prototype, 'list', Object.getOwnPropertyDescriptor(Old.prototype, 'list'));
      Controller('old')(Old);
      const { ApiKeysModule } = require('keyward');
      const { AppModule } = require('./app.module.js');
      const imports = process.env.STORAGE === 'memory' ? [ApiKeysModule.forRoot({ storage: 'memory' })] : [];
      Reflect.defineMetadata('imports', [...Reflect.getMetadata('imports', AppModule), ...imports], AppModule);
      Reflect.defineMetadata('controllers', [Old], AppModule);
      require('./main.js');`;
    const MONGODB_URI = testDatabaseUri(`nest_guide_refused_${type}`);
    const settings = { PORT: '0', MONGODB_URI, ...environment };
    const app = runNode(['-e', program], settings, inGuide());
    expect(await app.exited()).toBe(1);
    expect(app.stdout() + app.stderr()).toMatch(reason);
  });

  /** Serves a module of the guide on Fastify, and prints its address and a token of acme. */
  function serveModule(
    file: string,
    scopes: readonly string[],
    settings: Record<string, string>,
  ): NodeProcess {
    const program = `
      require('reflect-metadata');
      const { NestFactory } = require('@nestjs/core');
      const { FastifyAdapter } = require('@nestjs/platform-fastify');
      const { ApiKeysService, rootCaller } = require('keyward');
      const [, module] = Object.entries(require('./${file}')).find(([name]) => name.endsWith('Module'));
      NestFactory.create(module, new FastifyAdapter()).then(async (app) => {
        await app.listen(0, '127.0.0.1');
        const wanted = { name: 'reader', scopes: ${JSON.stringify(scopes)}, orgId: 'acme' };
        const { token } = await app.get(ApiKeysService).create(rootCaller('system'), wanted);
        console.log(await app.getUrl(), token);
      });`;
    return runNode(['-e', program], settings, inGuide());
  }

  it('can guard some routes only, and leave the others open', async () => {
    const MONGODB_URI = testDatabaseUri(`nest_guide_some_${type}`);
    const app = serveModule('some-routes.js', ['report:read'], { MONGODB_URI });
    const [, url = '', token = ''] = await app.waitFor(/(http:\S+) (kw_\S+)/);
    const answers = statusesOf(
      url,
      token,
      ['/accounts', false],
      ['/orgs/acme/reports'],
      ['/orgs/globex/reports'],
      ['/orgs/acme/reports', false],
    );
    expect(await beforeItStops(app, answers)).toEqual([200, 200, 403, 401]);
  });

  it('can keep keys on a separate database connection, with options computed at startup', async () => {
    const KEYS_URI = testDatabaseUri(`nest_guide_own_${type}`);
    const app = serveModule('own-connection.module.js', ['memory:read'], { KEYS_URI });
    const [, url = '', token = ''] = await app.waitFor(/(http:\S+) (mem_\S+)/);
    const answers = statusesOf(url, token, ['/orgs/acme/memories'], ['/orgs/globex/memories']);
    expect(await beforeItStops(app, answers)).toEqual([200, 403]);
  });

  it('can describe its guarded routes and Keyward’s routes in a valid OpenAPI document', async () => {
    const program = `
      require('reflect-metadata');
      const { NestFactory } = require('@nestjs/core');
      const { FastifyAdapter } = require('@nestjs/platform-fastify');
      const { ApiKeysModule } = require('keyward');
      const { NotesController, describeApplication } = require('./openapi.js');
      const host = { module: class Host {}, imports: [ApiKeysModule.forRoot({ storage: 'memory' })], controllers: [NotesController] };
      NestFactory.create(host, new FastifyAdapter(), { logger: false }).then(async (app) => {
        await app.init();
        console.log(JSON.stringify(describeApplication(app)));
        await app.close();
      });`;
    const host = runNode(['-e', program], { NODE_ENV: 'test' }, inGuide());
    expect([await host.exited(), host.stderr()]).toEqual([0, '']);
    const { paths, components } = JSON.parse(host.stdout()) as DescribedApplication;
    expect(paths['/orgs/{orgId}/projects/{projectId}/notes']?.['get']?.security).toEqual([
      { apiKeyBearer: [] },
      { apiKeyHeader: [] },
    ]);
    expect(paths['/v1/api-keys/verify']?.['post']?.operationId).toBe('verifyApiKey');
    expect(components.schemas['ApiKey']?.properties['version']).toMatchObject({ type: 'integer' });
    for (const [path, operations] of Object.entries(paths)) {
      for (const { parameters, security = [] } of Object.values(operations)) {
        const named = parameters.filter((each) => each.in === 'path').map(({ name }) => name);
        const asked = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        expect([path, new Set(named)]).toEqual([path, new Set(asked)]);
        const schemes = Object.keys(components.securitySchemes);
        for (const scheme of security.flatMap((each) => Object.keys(each))) expect(schemes).toContain(scheme);
      }
    }
  });

  it('can serve an OpenAPI document that lists the scopes of its routes', async () => {
    const program = `
      require('reflect-metadata');
      const { NestFactory } = require('@nestjs/core');
      const { FastifyAdapter } = require('@nestjs/platform-fastify');
      const { ApiKeysModule } = require('keyward');
      const { NotesController } = require('../nest-team/openapi.js');
      const { serveDocument } = require('./openapi.js');
      const host = { module: class Host {}, imports: [ApiKeysModule.forRoot({ storage: 'memory' })], controllers: [NotesController] };
      NestFactory.create(host, new FastifyAdapter(), { logger: false }).then(async (app) => {
        serveDocument(app);
        await app.listen(0, '127.0.0.1');
        console.log(await app.getUrl());
      });`;
    const host = runNode(['-e', program], { NODE_ENV: 'test' }, compiled.folderOf('module.md'));
    const [url] = await host.waitFor(/http:\S+/);
    const served = fetch(`${url}/docs-json`).then(async (response) => response.json());
    const { paths } = (await beforeItStops(host, served)) as DescribedApplication;
    const operation = paths['/orgs/{orgId}/projects/{projectId}/notes']?.['get'];
    expect(operation?.['x-required-scopes']).toEqual({ allOf: ['note:read'], anyOf: [] });
  });

  /** Runs a compiled test file with Node's own test runner. */
  function testWithNode(file: string): NodeProcess {
    return runNode(['--test', inGuide(file)], { NODE_ENV: 'test' });
  }

  it('can test its guarded routes without a database, with node:test', async () => {
    const tests = testWithNode('memories.test.js');
    expect([await tests.exited(), tests.stdout()]).toEqual([0, expect.stringMatching(/pass 1$/m)]);
  });

  it('can test its guarded routes without a database, with Jest', async () => {
    const config = inGuide('jest.config.cjs');
    const tests = runNode([join(ROOT, 'node_modules/jest/bin/jest.js'), '--config', config]);
    expect([await tests.exited(), tests.stderr()]).toEqual([
      0,
      expect.stringMatching(/Tests: +2 passed, 2 total/),
    ]);
  });

  it('can test its own repository with the contract tests of the package', async () => {
    const tests = testWithNode('own-repository.test.js');
    expect([await tests.exited(), tests.stdout()]).toEqual([0, expect.stringMatching(/fail 0$/m)]);
    expect(Number(/pass (\d+)$/m.exec(tests.stdout())?.[1])).toBeGreaterThan(50);
  });

  it('can keep keys in a file with its own repository, in production and across restarts', async () => {
    const store = join(compiled.folder, `keys-${type}`);
    const program = `
      require('reflect-metadata');
      const { NestFactory } = require('@nestjs/core');
      const { FastifyAdapter } = require('@nestjs/platform-fastify');
      const { ApiKeysModule, ApiKeysService, rootCaller } = require('keyward');
      const { FileRepository } = require('./own-repository.js');
      const storage = new FileRepository(${JSON.stringify(store)});
      const host = { module: class Host {}, imports: [ApiKeysModule.forRoot({ storage, routes: false })] };
      NestFactory.create(host, new FastifyAdapter(), { logger: false }).then(async (app) => {
        await app.init();
        const keys = app.get(ApiKeysService);
        const system = rootCaller('system');
        const { data } = await keys.list(system, { limit: 10 });
        console.log(data.map(({ name }) => name).join());
        await keys.create(system, { name: 'key ' + data.length, scopes: [] });
        process.kill(process.pid, 'SIGKILL');
      });`;
    const seen: string[] = [];
    for (let start = 0; start < 3; start += 1) {
      const host = runNode(['-e', program], { NODE_ENV: 'production' }, inGuide());
      await host.exited();
      seen.push(host.stdout().trim());
    }
    expect(seen).toEqual(['', 'key 0', 'key 1,key 0']);
  });
});
