import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { readCompose, readDockerfile } from '../support/deployment/deployment-files';
import { freePort } from '../support/free-port';
import { type Keyward, startKeywardInMemory } from '../support/integration/keyward';
import { startProgram } from '../support/integration/program';
import { makeTempFolder } from '../support/integration/temp-folder';
import { testDatabaseUri } from '../support/test-database';
import { until } from '../support/patience';

const ROOT = join(__dirname, '../..');
const run = promisify(execFile);
const TRUSTING = { TRUST_PROXY: '127.0.0.1' };

function linter(name: string): string {
  const folder = process.env['DEPLOYMENT_LINTERS'];
  if (folder === undefined) throw new Error('run `npm run test:integration`, which installs the linters');
  return join(folder, name);
}

/** What a linter wrote, and whether it found nothing. */
async function lint(name: string, args: readonly string[]): Promise<{ ok: boolean; output: string }> {
  try {
    const { stdout } = await run(linter(name), args, { cwd: ROOT });
    return { ok: true, output: stdout };
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    return { ok: false, output: stdout + stderr };
  }
}

describe('the deployment files', () => {
  const SCHEMAS = [
    ['compose.yaml', 'vendor.compose-spec', /^ {2}redis:$/m, '  redis:\n    colour: red'],
    ['.github/workflows/ci.yml', 'vendor.github-workflows', /^ {4}runs-on: .*$/m, ''],
    ['.github/workflows/nightly.yml', 'vendor.github-workflows', /^ {4}runs-on: .*$/m, ''],
  ] as const;

  it.each(SCHEMAS)(
    'include %s, which is valid by the schema %s, and the schema rejects a mistake in it',
    async (file, schema, from, to) => {
      expect(await lint('check-jsonschema', ['--builtin-schema', schema, file])).toMatchObject({ ok: true });
      const folder = await makeTempFolder('schema');
      const slipped = join(folder.path, 'slipped.yaml');
      await writeFile(slipped, (await readFile(join(ROOT, file), 'utf8')).replace(from, to));
      expect(await lint('check-jsonschema', ['--builtin-schema', schema, slipped])).toMatchObject({
        ok: false,
      });
      await folder.remove();
    },
  );

  it('include a Dockerfile without hadolint findings, and hadolint finds mistakes in another', async () => {
    expect(await lint('hadolint', ['Dockerfile'])).toEqual({ ok: true, output: '' });
    const folder = await makeTempFolder('hadolint');
    const slipped = join(folder.path, 'Dockerfile');
    await writeFile(slipped, 'FROM node\nRUN cd /x && npm install\nCMD node main.js\n');
    expect((await lint('hadolint', [slipped])).output).toMatch(/DL3006[\s\S]*DL3003[\s\S]*DL3025/);
    await folder.remove();
  });
});

describe('nginx with deploy/nginx.conf in front of two instances', () => {
  it('balances load, forwards the real address, hides metrics, and tolerates a stopped instance', async () => {
    const [port, health] = [await freePort(), await freePort()];
    const instances = await Promise.all([startKeywardInMemory(TRUSTING), startKeywardInMemory(TRUSTING)]);
    const folder = await makeTempFolder('front');
    const nginx = await startFront(folder.path, port, health, instances);
    const url = `http://127.0.0.1:${port}`;
    const ask = async (token: string, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(`${url}/v1/api-keys/self`, { headers: { Authorization: `Bearer ${token}`, ...headers } }))
        .status;

    const [inside, outside] = await Promise.all(
      ['127.0.0.1', '192.0.2.1'].map(async (ip) =>
        instances[0].issue({ scopes: [], orgId: 'acme', allowedIps: [ip] }),
      ),
    );
    const claimed = { 'X-Forwarded-For': '192.0.2.1' };
    // Each instance knows only the keys in its own memory, so 401 means that the other one answered. The loop is long
    // enough for each of nginx's workers to ask each instance.
    const often = async (token: string): Promise<Set<number>> => {
      const statuses = new Set<number>();
      for (let i = 0; i < 12; i++) statuses.add(await ask(token, claimed));
      return statuses;
    };
    expect(await often(inside?.token ?? '')).toEqual(new Set([200, 401]));
    expect(await often(outside?.token ?? '')).toEqual(new Set([401, 403]));

    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${health}/healthy`)).status).toBe(204);

    await instances[1].stop();
    for (let i = 0; i < 6; i++) expect(await ask(instances[0].rootToken)).toBe(200);

    await nginx.stop();
    await instances[0].stop();
    await folder.remove();
  });
});

/** The file unchanged, except for addresses and for the folder that a container has for itself. */
async function startFront(
  folder: string,
  port: number,
  health: number,
  instances: readonly Keyward[],
): Promise<Awaited<ReturnType<typeof startProgram>>> {
  let text = await readFile(join(ROOT, 'deploy/nginx.conf'), 'utf8');
  const here: readonly (readonly [string, string])[] = [
    ['listen 8080;', `listen 127.0.0.1:${port};`],
    ['listen 127.0.0.1:8081;', `listen 127.0.0.1:${health};`],
    ['keyward-1:3000', instances[0]?.address ?? ''],
    ['keyward-2:3000', instances[1]?.address ?? ''],
    ['/tmp/', `${folder}/`],
    // The test has no terminal or pipe to open there.
    ['/dev/stdout', `${folder}/access.log`],
  ];
  for (const [there, replaced] of here) {
    if (!text.includes(there)) throw new Error(`deploy/nginx.conf does not contain ${there}`);
    text = text.replaceAll(there, replaced);
  }
  const file = join(folder, 'keyward.conf');
  await writeFile(file, text);
  const { stderr } = await run('/usr/sbin/nginx', ['-t', '-e', 'stderr', '-c', file]);
  expect(stderr).toContain('syntax is ok');
  return startProgram(['nginx', '-e', 'stderr', '-c', file, '-g', 'daemon off;'], port);
}

describe('Redis as compose.yaml starts it', () => {
  it('requires the password that deploy/make-secrets.sh gives to Keyward', async () => {
    const folder = await makeTempFolder('redis-secrets');
    await cp(join(ROOT, 'deploy/make-secrets.sh'), join(folder.path, 'make-secrets.sh'));
    await run('sh', [join(folder.path, 'make-secrets.sh')]);
    const { command = [] } = (await readCompose()).services['redis'] ?? {};
    const args = (command as readonly string[])
      .slice(1)
      .map((arg) =>
        arg.replace('/run/secrets', join(folder.path, 'secrets')).replace(/^\/tmp$/, folder.path),
      );
    const port = await freePort();
    const redis = await startProgram(
      ['redis-server', ...args, '--port', String(port), '--bind', '127.0.0.1'],
      port,
    );
    const [, password = ''] =
      /REDIS_URL=redis:\/\/:(\w+)@/.exec(await readFile(join(folder.path, 'secrets/keyward_env'), 'utf8')) ??
      [];
    const answers = async (options: { password?: string }): Promise<string> => {
      const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, ...options });
      client.on('error', () => undefined);
      const answer = await client.ping().catch((error: unknown) => String(error));
      client.disconnect();
      return answer;
    };
    expect(await answers({ password })).toBe('PONG');
    expect(await answers({})).toContain('NOAUTH');
    await redis.stop();
    await folder.remove();
  });
});

describe('the image that the Dockerfile builds', () => {
  it('starts as a user without write access, becomes healthy, and stops on SIGTERM [T85]', async () => {
    const folder = await makeTempFolder('image');
    const lines = await readDockerfile();
    const final = lines.slice(lines.findLastIndex(({ name }) => name === 'FROM'));
    for (const { rest } of final.filter(({ name }) => name === 'COPY')) {
      if (rest.includes('node_modules')) continue;
      const words = rest.split(' ').filter((word) => !word.startsWith('--'));
      const target = join(folder.path, words.at(-1) ?? '');
      for (const source of words.slice(0, -1)) {
        const from = join(ROOT, source.replace(/^\/keyward\//, ''));
        const to =
          rest.endsWith('/') || words.length > 2
            ? join(target, from.slice(dirname(from).length + 1))
            : target;
        await mkdir(dirname(to), { recursive: true });
        await cp(from, to, { recursive: true });
      }
    }
    for (const file of ['package-lock.json', '.npmrc', 'service/package.json', 'stubs/scarf/package.json'])
      await cp(join(ROOT, file), join(folder.path, file), { recursive: true });
    await run('npm', ['ci', '--omit=dev', '--prefer-offline', '--ignore-scripts'], { cwd: folder.path });
    await chmod(folder.path, 0o555);

    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { PATH = '' } = process.env;
    const env = {
      PATH,
      HOME: '/nonexistent',
      TMPDIR: '/nonexistent',
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(await freePort()),
      MONGODB_URI: testDatabaseUri('image'),
    };
    const [command = '', ...args] = JSON.parse(
      final.find(({ name }) => name === 'CMD')?.rest ?? '[]',
    ) as string[];
    const service = spawn(command, args, { cwd: folder.path, env, ...nobody });
    let output = '';
    service.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const ended = once(service, 'close');
    try {
      await until(
        'the service listens or ends',
        () => output.includes('listening on') || service.exitCode !== null,
      );
      expect(output).toContain('listening on');
      await run('node', ['deploy/healthcheck.mjs'], { cwd: folder.path, env, ...nobody });
    } finally {
      service.kill('SIGTERM');
      await ended;
    }
    expect([0, 'SIGTERM']).toContain(service.exitCode ?? service.signalCode);
    await chmod(folder.path, 0o755);
    await folder.remove();
  });
});
