import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { checkLinks } from '../support/docs/check-links';
import { blockOf } from '../support/docs/markdown-blocks';
import { freePort } from '../support/free-port';
import { HttpClient } from '../support/http-client';
import { startRedis } from '../support/integration/redis';
import { makeTempFolder, type TempFolder } from '../support/integration/temp-folder';
import type { NodeProcess } from '../support/node-process';
import { NestApplication } from '../support/package/nest-application';
import { type Manifest, readManifest } from '../support/package/shipped-files';
import { packIn } from '../support/package/tarball';
import { keyFrom, LIFE_OF_A_KEY, livedThrough, statusOf } from '../support/package/tenants';
import { oldestOf, STARTER } from '../support/package/versions';
import { testDatabaseUri } from '../support/test-database';

const ROOT = join(__dirname, '../..');
const GUIDE = 'docs/guides/nest-team.md';
const HOST = join(__dirname, '../support/package/host');
const LEAN_HOST = join(__dirname, '../support/package/lean-host');

/** The dependencies of Nest's own starter, without the adapter, which README and guide add. */
const FASTIFY_HOST = {
  ...STARTER,
  '@nestjs/common': '^12.5.1',
  '@nestjs/core': '^12.5.1',
  'reflect-metadata': '^0.2.2',
};

/** The oldest supported version of each peer, except the adapter for Fastify. */
function expressHost({ peerDependencies }: Manifest): Record<string, string> {
  const oldest = Object.entries(peerDependencies)
    .filter(([name]) => name !== '@nestjs/platform-fastify')
    .map(([name, range]) => [name, oldestOf(range)]);
  return { ...STARTER, '@types/express': '^5.0.6', ...Object.fromEntries(oldest) };
}

/** Returns a test file for Jest as the guide changes it for Vitest. */
function forVitest(code: string): string {
  return code.replace('@jest/globals', 'vitest');
}

async function linted(tarball: string): Promise<readonly (readonly [boolean, string])[]> {
  const linters = [
    ['publint', 'run', tarball, '--strict'],
    ['attw', tarball, '--format', 'ascii', '--no-emoji'],
  ] as const;
  return Promise.all(
    linters.map(async ([name, ...args]) =>
      promisify(execFile)(join(ROOT, 'node_modules/.bin', name), args).then(
        ({ stdout }) => [true, stdout] as const,
        (error: { stdout: string }) => [false, error.stdout] as const,
      ),
    ),
  );
}

let workshop: TempFolder;
let manifest: Manifest;
let tarball: string;
let fastify: NestApplication;
let express: NestApplication;
/** The compiler's findings about each. */
let faults: readonly (readonly string[])[];
const running: NodeProcess[] = [];

/** Starts a compiled file, and stops it after the test. */
function start(
  application: NestApplication,
  path: string,
  environment: Readonly<Record<string, string>>,
): NodeProcess {
  const process = application.start(path, environment);
  running.push(process);
  return process;
}

async function serving(
  ...given: Parameters<typeof start>
): Promise<{ process: NodeProcess; url: string; token: string }> {
  const process = start(...given);
  const [, url = '', token = ''] = await process.waitFor(/(http:\S+) (\S+)/);
  return { process, url, token };
}

beforeAll(async () => {
  workshop = await makeTempFolder('package');
  manifest = await readManifest('package.json');
  tarball = await packIn(join(workshop.path, 'clone'));

  fastify = await NestApplication.create(join(workshop.path, 'fastify'), tarball, FASTIFY_HOST, 'module');
  for (const file of [
    'memories.controller.ts',
    'app.module.ts',
    'main.ts',
    'own-connection.module.ts',
    'test-app.ts',
    'memories.test.ts',
    'own-repository.ts',
    'own-repository.test.ts',
  ]) {
    await fastify.write(`guide/${file}`, blockOf(GUIDE, file));
  }
  await fastify.write('guide/memories.spec.ts', forVitest(blockOf(GUIDE, 'memories.spec.ts')));
  express = await NestApplication.create(join(workshop.path, 'express'), tarball, expressHost(manifest));
  await cp(HOST, join(express.folder, 'src'), { recursive: true });
  for (const file of ['memories.controller.ts', 'app.module.ts', 'main.ts']) {
    await express.write(`readme/${file}`, blockOf('README.md', file));
  }

  await express.write(
    'slip.ts',
    "import { RequireScopes } from 'keyward';\nexport const slip = RequireScopes(1);\n",
  );

  const installed = await Promise.all([
    fastify.sh(`${blockOf('README.md', 'install')}${blockOf(GUIDE, 'install')}npm install -D vitest@^4.1.12`),
    express.sh(`npm install ./${basename(tarball)}`),
  ]);
  for (const { code, output } of installed) if (code !== 0) throw new Error(output);
  faults = await Promise.all([fastify.compile(), express.compile()]);
}, 400_000);

afterEach(async () => {
  await Promise.all(running.splice(0).map(async (process) => process.stop()));
});
afterAll(async () => workshop.remove());

describe('the package that npm pack creates', () => {
  it('has no findings by publint and are-the-types-wrong', async () => {
    expect(await linted(tarball)).toEqual([
      [true, expect.stringContaining('All good!')],
      [true, expect.stringContaining('No problems found')],
    ]);
  });

  it('has documents whose links all lead to existing files', async () => {
    const unpacked = join(workshop.path, 'unpacked');
    await cp(join(fastify.folder, 'node_modules/keyward'), unpacked, { recursive: true });
    expect(await checkLinks(unpacked)).toEqual({ ok: true, report: '' });
  });

  it('has findings by both tools if a command is missing and the types do not match', async () => {
    const folder = join(workshop.path, 'slip');
    await mkdir(join(folder, 'dist'), { recursive: true });
    await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
    await writeFile(join(folder, 'dist/index.js'), 'module.exports = 1;');
    await writeFile(join(folder, 'dist/index.d.ts'), 'declare const one: number;\nexport default one;');
    await promisify(execFile)('npm', ['pack', '--ignore-scripts'], { cwd: folder });
    const verdicts = await linted(join(folder, basename(tarball)));
    expect(verdicts.map(([content]) => content)).toEqual([false, false]);
  });
});

describe.each(['Fastify', 'Express'])('an application on %s that installed the package', (adapter) => {
  const application = (): NestApplication => (adapter === 'Fastify' ? fastify : express);

  it('has every required package, and none that only the service needs', async () => {
    expect(await application().sh('npm ls --all')).toMatchObject({ code: 0 });
    const packages = await application().packages();
    expect(packages).toContain('keyward');
    const own = Object.keys(
      JSON.parse(await readFile(join(application().folder, 'package.json'), 'utf8'))['dependencies'],
    );
    const ofService = Object.keys((await readManifest('service/package.json')).dependencies);
    const other = adapter === 'Fastify' ? '@nestjs/platform-express' : '@nestjs/platform-fastify';
    const unasked = [...ofService, other].filter((name) => !own.includes(name) && packages.includes(name));
    // Fastify comes with Nest's adapter for it, and with the dependencies of its logger.
    expect(unasked).toEqual(adapter === 'Fastify' ? ['fastify', 'sonic-boom'] : []);
  });
});

describe('the types of the package', () => {
  it('compile strictly in both applications, and report a wrong argument type', () => {
    expect(faults).toEqual([[], [expect.stringMatching(/^src\/slip\.ts\(2,\d+\): error TS2345/)]]);
  });
});

describe('a Nest team that follows the README, on Fastify', () => {
  it('creates its first key with the command, guards its routes, and rotates and revokes keys', async () => {
    const environment = {
      NODE_ENV: 'production',
      MONGODB_URI: testDatabaseUri('guide'),
      API_KEY_PREFIXES: 'mem',
      PORT: '0',
    };
    const made = await fastify.sh('npx --no keyward create-root-key 2>/dev/null', environment);
    expect(made).toEqual({ code: 0, output: expect.stringMatching(/^mem_\w+\n$/) });
    const { url } = await serving(fastify, 'guide/main.js', environment);
    expect(await livedThrough(url, made.output.trim())).toEqual(LIFE_OF_A_KEY);
    const scopes = ['memory:read'];
    const reader = await keyFrom(url, made.output.trim(), { scopes, orgId: 'acme' });
    const writer = await keyFrom(url, made.output.trim(), { scopes: ['memory:write'], orgId: 'acme' });
    const [here, there] = ['/orgs/acme/memories', '/orgs/globex/memories'];
    expect(await statusOf(url, here, reader.token)).toBe(200);
    expect(await statusOf(url, there, reader.token)).toBe(403);
    expect(await statusOf(url, here, writer.token)).toBe(403);
    expect(await statusOf(url, here)).toBe(401);
    expect(
      await fastify.sh(`node_modules/.bin/keyward keys revoke ${reader.id} --yes`, environment),
    ).toMatchObject({
      code: 0,
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await statusOf(url, here, reader.token)).toBe(401);
  });

  it('gets the first key when the application of the guide starts with an empty store', async () => {
    const { url, token } = await serving(fastify, 'guide/main.js', {
      MONGODB_URI: testDatabaseUri('guide_empty'),
      PORT: '0',
    });
    expect(token).toMatch(/^mem_/);
    expect(await statusOf(url, '/orgs/acme/memories', token)).toBe(200);
    expect(await statusOf(url, '/orgs/globex/memories', token)).toBe(403);
    expect(await statusOf(url, '/orgs/acme/memories')).toBe(401);
    expect(await statusOf(url, '/')).toBe(200);
  });

  it('tests its routes as the guide describes', async () => {
    const tests = start(fastify, 'guide/memories.test.js', { NODE_ENV: 'test' });
    expect([await tests.exited(), tests.stdout()]).toEqual([0, expect.stringMatching(/pass 1$/m)]);
  });

  it('tests its routes with Vitest as the guide describes', async () => {
    const tested = await fastify.sh('NO_COLOR=1 npx --no vitest run src/guide/memories.spec.ts');
    expect(tested).toEqual({ code: 0, output: expect.stringMatching(/Tests +2 passed \(2\)/) });
  });

  it('checks its own repository as the guide describes', async () => {
    const tests = start(fastify, 'guide/own-repository.test.js', { NODE_ENV: 'test' });
    expect([await tests.exited(), tests.stdout()]).toEqual([0, expect.stringMatching(/fail 0$/m)]);
  });

  it('can import the package from an ES module', async () => {
    const names = 'ApiKeysModule, RequireScopes, ScopesGuard, KeywardError';
    await writeFile(
      join(fastify.folder, 'module.mjs'),
      `import { ${names} } from 'keyward';\nconsole.log([${names}].every(Boolean));\n`,
    );
    expect(await fastify.sh('node module.mjs')).toEqual({ code: 0, output: 'true\n' });
  });
});

function settings(keys: string, rest: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { KEYS: keys, MONGODB_URI: testDatabaseUri('express'), ...rest };
}

describe('a Nest team on Nest 11 and Express with Mongoose 8, all in the oldest supported versions,', () => {
  it('creates, rotates and revokes keys', async () => {
    const { url, token } = await serving(express, 'main.js', settings('mongo'));
    expect(await livedThrough(url, token)).toEqual(LIFE_OF_A_KEY);
  });

  it('counts requests in Redis, and gets 503 while Redis is down', async () => {
    const redis = await startRedis();
    try {
      const { url, token } = await serving(
        express,
        'main.js',
        settings('memory', { NODE_ENV: 'test', REDIS_URL: redis.url }),
      );
      const limited = await keyFrom(url, token, {
        scopes: ['memory:read'],
        orgId: 'acme',
        rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }],
      });
      const asked = async (): Promise<number> => statusOf(url, '/orgs/acme/memories', limited.token);
      expect([await asked(), await asked()]).toEqual([200, 429]);
      await redis.end();
      expect(await asked()).toBe(503);
    } finally {
      await redis.stop();
    }
  });

  it('guards its routes, notifies its event listeners, and keeps two tenants separate', async () => {
    const { process, url, token } = await serving(
      express,
      'main.js',
      settings('mongo', { NODE_ENV: 'production' }),
    );
    expect(token).toMatch(/^shelf_/);
    const [acme, globex] = await Promise.all(
      ['acme', 'globex'].map(async (orgId) =>
        keyFrom(url, token, { scopes: ['memory:read', 'memory:write'], orgId }),
      ),
    );
    const asAcme = new HttpClient(url, acme?.token);
    expect((await asAcme.post('/orgs/acme/memories', { text: 'ours' })).body).toEqual(['ours']);
    expect((await asAcme.post('/orgs/globex/memories', { text: 'theirs' })).status).toBe(403);
    expect((await new HttpClient(url, globex?.token).get('/orgs/globex/memories')).body).toEqual([]);
    expect(await statusOf(url, '/orgs/acme/memories', globex?.token)).toBe(403);
    expect(await statusOf(url, '/whoami', acme?.token)).toBe(403);
    expect((await asAcme.get('/whoami', { 'X-Org-Id': 'acme' })).body).toEqual({
      id: acme?.id,
      orgId: 'acme',
    });
    expect(await statusOf(url, '/orgs/acme/memories')).toBe(401);
    expect(await statusOf(url, '/')).toBe(200);
    expect((await new HttpClient(url, token).delete(`/v1/api-keys/${acme?.id}`)).status).toBe(204);
    await process.waitFor(new RegExp(`revoked ${acme?.id}`));
    expect((await asAcme.get('/orgs/acme/memories')).status).toBe(401);
  });

  it.each([['production'], [undefined]])(
    'cannot use memory storage when NODE_ENV is %s',
    async (name) => {
      const started = start(
        express,
        'main.js',
        settings('memory', name === undefined ? {} : { NODE_ENV: name }),
      );
      expect(await started.exited()).toBe(1);
      expect(started.stderr()).toMatch(/^ConfigurationError: .*memory.*\n$/);
    },
    60_000,
  );

  it('can run the example of the README without a database', async () => {
    const port = String(await freePort());
    const process = start(express, 'readme/main.js', { NODE_ENV: 'development', PORT: port });
    const [, token = ''] = await process.waitFor(/^export KEY=(\S+)$/m);
    const url = `http://127.0.0.1:${port}`;
    expect(await statusOf(url, '/orgs/acme/memories', token)).toBe(200);
    expect(await statusOf(url, '/orgs/globex/memories', token)).toBe(403);
    expect(await statusOf(url, '/orgs/acme/memories')).toBe(401);
  });

  it('can keep keys in memory for its own tests', async () => {
    const { url, token } = await serving(express, 'main.js', settings('memory', { NODE_ENV: 'test' }));
    expect(await statusOf(url, '/orgs/acme/memories', token)).toBe(200);
  });
});

describe('a Nest team without @nestjs/swagger, prom-client and ioredis', () => {
  let lean: NestApplication;
  let found: readonly string[];

  beforeAll(async () => {
    lean = await fastify.copiedTo(join(workshop.path, 'lean'));
    const removed = await lean.sh('npm uninstall @nestjs/swagger');
    if (removed.code !== 0) throw new Error(removed.output);
    await cp(LEAN_HOST, join(lean.folder, 'src/lean'), { recursive: true });
    found = await lean.compile();
  }, 180_000);

  it('installs none of them, misses no other package, and compiles', async () => {
    expect(await lean.sh('npm ls --all')).toMatchObject({ code: 0 });
    const packages = await lean.packages();
    const optional = ['@nestjs/swagger', 'prom-client', 'ioredis', '@nestjs/event-emitter'];
    expect(optional.filter((name) => packages.includes(name))).toEqual([]);
    expect(found).toEqual([]);
  });

  it('with routes: false, guards its routes and manages keys in code', async () => {
    const started = start(lean, 'lean/main.js', { NODE_ENV: 'test', ROUTES: 'off' });
    expect([await started.exited(), started.stderr(), started.stdout()]).toEqual([
      0,
      '',
      'renamed 200 403 401 200 401\n',
    ]);
  });

  it('gets a ConfigurationError at start without routes: false', async () => {
    const started = start(lean, 'lean/main.js', { NODE_ENV: 'test' });
    expect(await started.exited()).toBe(1);
    expect(started.stderr()).toMatch(
      /^ConfigurationError: .* npm install @nestjs\/swagger, or set routes: false\.\n$/,
    );
  });
});

describe('a Nest team on Nest 10', () => {
  it('gets an npm error about the peer dependency before anything is installed', async () => {
    const older = await NestApplication.create(join(workshop.path, 'older'), tarball, {
      '@nestjs/common': '^10.0.0',
      '@nestjs/core': '^10.0.0',
    });
    const { code, output } = await older.sh(`npm install --package-lock-only ./${basename(tarball)}`);
    expect(code).toBe(1);
    expect(output).toMatch(/ERESOLVE[\s\S]*peer @nestjs\/\w+@"\^11\.2 \|\| \^12" from keyward/);
  });
});
