import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port';
import { timed } from '../support/lateness';
import { type NodeProcess, runNode } from '../support/node-process';

const FOREIGN_APPLICATION = join(__dirname, '../support/foreign-application.cjs');
const START = join(__dirname, '../../scripts/start.mjs');
const folders: string[] = [];

/** Shorter than the timeout of the driver, or five times the start of a service on this machine. */
let quickMs = 10_000;

beforeAll(async () => {
  const started = performance.now();
  const running = runNode(['dist/main.js'], { NODE_ENV: 'development', PORT: '0' });
  await running.waitFor(/listening on/);
  quickMs = Math.max(quickMs, 5 * (performance.now() - started));
  await running.stop();
});

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

/** Runs a program that must refuse to start, checks that it exits quickly without listening, and returns its errors. */
async function refusalOf(script: string, environment: Record<string, string>): Promise<string> {
  const port = await freePort();
  const running = runNode([script], { PORT: String(port), ...environment });
  const { result: code, ms } = await timed(async () => running.exited());
  expect(ms).toBeLessThan(quickMs);
  expect(code).toBeGreaterThan(0);
  expect(running.stderr() + running.stdout()).not.toContain('listening on');
  await expectFree(port);
  return running.stderr();
}

/** Runs the script of `npm start` in a folder whose `.env` has one line. */
async function runStartBeside(
  line: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<NodeProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-env-'));
  folders.push(folder);
  await writeFile(join(folder, '.env'), `${line}\n`);
  return runNode([START], { PORT: '0', ...environment }, folder);
}

async function expectFree(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  });
}

const ENVIRONMENTS: readonly (readonly [string, Record<string, string>])[] = [
  ['production', { NODE_ENV: 'production' }],
  ['prod', { NODE_ENV: 'prod' }],
  ['Production', { NODE_ENV: 'Production' }],
  ['staging', { NODE_ENV: 'staging' }],
  ['Development', { NODE_ENV: 'Development' }],
  ['empty', { NODE_ENV: '' }],
  ['unset', {}],
];

describe('the start of the service', () => {
  describe.each(ENVIRONMENTS)('if NODE_ENV is %s', (_name, environment) => {
    it('fails if no storage is configured', async () => {
      const said = await refusalOf('dist/main.js', environment);
      expect(said).toMatch(/^keyward: memory storage .* is allowed only if NODE_ENV is exactly .*\n$/);
    });

    it('fails with STORAGE=memory [T32]', async () => {
      const said = await refusalOf('dist/main.js', { ...environment, STORAGE: 'memory' });
      expect(said).toMatch(/^keyward: memory storage .* is allowed only if NODE_ENV is exactly .*\n$/);
    });

    it.each(['memory', 'undeclared'])('fails in an application whose store is %s', async (store) => {
      const said = await refusalOf(FOREIGN_APPLICATION, { ...environment, STORE: store });
      expect(said).toMatch(
        /would lose every record when the process ends, which is allowed only if NODE_ENV/,
      );
      expect(said).not.toMatch(/^\s+at /m);
    });
  });

  it('fails in production with STORAGE=memory, even if MONGODB_URI is set', async () => {
    const said = await refusalOf('dist/main.js', {
      NODE_ENV: 'production',
      STORAGE: 'memory',
      MONGODB_URI: 'mongodb://127.0.0.1:1/keyward',
    });
    expect(said).toMatch(/^keyward: memory storage .* is allowed only if NODE_ENV is exactly .*\n$/);
  });

  it.each(['start', 'run start:prod'])(
    'fails in production without a configured storage: npm %s',
    async (command) => {
      // The arguments that the npm command passes to its script after the build.
      const args = command === 'start' ? ['scripts/start.mjs'] : ['scripts/start.mjs', 'production'];
      const environment: Record<string, string> =
        command === 'start' ? { NODE_ENV: 'production' } : { NODE_ENV: 'test' };
      const running = runNode(args, environment);
      expect(await running.exited()).toBe(1);
      expect(running.stderr()).toMatch(/^keyward: memory storage .* \(it is "production"\).*\n$/);
    },
  );

  it.each(['NODE_ENV=production', '\uFEFFNODE_ENV: "production" # the server'])(
    'fails with npm start if .env contains %j',
    async (line) => {
      const running = await runStartBeside(line);
      expect(await running.exited()).toBe(1);
      expect(running.stderr()).toMatch(/^keyward: memory storage .* \(it is "production"\).*\n$/);
    },
  );

  it.each(['NODE_ENV=', '# NODE_ENV=production', 'NODE_ENV=test'])(
    'succeeds with npm start if .env contains %j',
    async (line) => {
      const running = await runStartBeside(line);
      await running.waitFor(/listening on/);
      await running.stop();
    },
  );

  it('succeeds with NODE_ENV=development npm start, whatever .env contains', async () => {
    const running = await runStartBeside('NODE_ENV=production', { NODE_ENV: 'development' });
    await running.waitFor(/listening on/);
    await running.stop();
  });

  it('succeeds in production with a durable store of the application', async () => {
    const running = runNode([FOREIGN_APPLICATION], { NODE_ENV: 'production', STORE: 'durable', PORT: '0' });
    await running.waitFor(/listening on/);
    await running.stop();
  });
});

describe('a port that is in use', () => {
  it('stops the start with one line that says what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const running = runNode(['dist/main.js'], {
      NODE_ENV: 'development',
      PORT: String(port),
      LOG_LEVEL: 'fatal',
    });
    expect(await running.exited()).toBe(1);
    expect(running.stderr()).toMatch(/^keyward: cannot listen on 127\.0\.0\.1, port \d+ \(.*EADDRINUSE.*\n$/);
    other.close();
  });
});

describe('an invalid setting', () => {
  it.each([
    [{ PORT: 'eighty' }, 'PORT is "eighty": use a port number from 0 to 65535.'],
    [{ STORAGE: 'redis' }, 'STORAGE is "redis": use "mongo", or "memory" in development and test.'],
    [{ STORAGE: 'mongo' }, 'MONGODB_URI is unset while STORAGE is "mongo": set it to the connection string'],
    [{ MONGODB_URI: 'postgres://user:hunter2@db' }, 'MONGODB_URI has a wrong value: use a connection string'],
    [
      { MONGODB_URI: 'mongodb://root:hunter2@db' },
      'MONGODB_URI names no database, so MongoDB would use "test"',
    ],
    [{ API_KEY_PREFIX: 'KW-' }, 'API_KEY_PREFIX is "KW-": use 2 to 16 lower-case letters'],
    [{ API_KEY_MAX_TTL_DAYS: '0' }, 'API_KEY_MAX_TTL_DAYS is "0": use whole days'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud": use one of'],
    [{ SWAGGER: 'yes' }, 'SWAGGER is "yes": use "on" or "off"'],
  ])('stops the start with one line that says what to do: %j', async (setting, sentence) => {
    const running = runNode(['dist/main.js'], { NODE_ENV: 'development', ...setting });
    expect(await running.exited()).toBe(1);
    expect(running.stderr()).toContain(`keyward: ${sentence}`);
    expect(running.stderr().trim().split('\n')).toHaveLength(1);
    expect(running.stderr()).not.toContain('hunter2');
  });
});
