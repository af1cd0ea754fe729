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

/** Less than a driver waits for its server, or five times what this machine takes to start a service. */
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

/** Runs a program that must refuse, and shows that it does so quickly, in one sentence, without listening. */
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

/** Runs what is behind `npm start` in a folder whose `.env` has one line. */
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
  ['an empty NODE_ENV', { NODE_ENV: '' }],
  ['an unset NODE_ENV', {}],
];

describe('an operator who would run on memory outside development', () => {
  describe.each(ENVIRONMENTS)('under %s', (_name, environment) => {
    it('is refused when memory is what remains', async () => {
      const said = await refusalOf('dist/main.js', environment);
      expect(said).toMatch(/^keyward: memory storage .* is refused unless NODE_ENV is exactly .*\n$/);
    });

    it('is refused when memory is chosen explicitly [T32]', async () => {
      const said = await refusalOf('dist/main.js', { ...environment, STORAGE: 'memory' });
      expect(said).toMatch(/^keyward: memory storage .* is refused unless NODE_ENV is exactly .*\n$/);
    });

    it.each(['memory', 'undeclared'])(
      'is refused in an application of its own with a store that is %s',
      async (store) => {
        const said = await refusalOf(FOREIGN_APPLICATION, { ...environment, STORE: store });
        expect(said).toMatch(
          /would lose every record when the process ends, which is refused unless NODE_ENV/,
        );
        expect(said).not.toMatch(/^\s+at /m);
      },
    );
  });

  it('is refused when memory is chosen although a database is there', async () => {
    const said = await refusalOf('dist/main.js', {
      NODE_ENV: 'production',
      STORAGE: 'memory',
      MONGODB_URI: 'mongodb://127.0.0.1:1/keyward',
    });
    expect(said).toMatch(/^keyward: memory storage .* is refused unless NODE_ENV is exactly .*\n$/);
  });

  it.each(['start', 'run start:prod'])('is refused by NODE_ENV=production npm %s', async (command) => {
    // What the script behind the npm command runs once the build is there.
    const args = command === 'start' ? ['scripts/start.mjs'] : ['scripts/start.mjs', 'production'];
    const environment: Record<string, string> =
      command === 'start' ? { NODE_ENV: 'production' } : { NODE_ENV: 'test' };
    const running = runNode(args, environment);
    expect(await running.exited()).toBe(1);
    expect(running.stderr()).toMatch(/^keyward: memory storage .* \(it is "production"\).*\n$/);
  });

  it.each(['NODE_ENV=production', '\uFEFFNODE_ENV: "production" # the server'])(
    'is refused by npm start where .env says %j',
    async (line) => {
      const running = await runStartBeside(line);
      expect(await running.exited()).toBe(1);
      expect(running.stderr()).toMatch(/^keyward: memory storage .* \(it is "production"\).*\n$/);
    },
  );

  it.each(['NODE_ENV=', '# NODE_ENV=production', 'NODE_ENV=test'])(
    'is let through by npm start where .env says %j',
    async (line) => {
      const running = await runStartBeside(line);
      await running.waitFor(/listening on/);
      await running.stop();
    },
  );

  it('is let through by NODE_ENV=development npm start, whatever .env says', async () => {
    const running = await runStartBeside('NODE_ENV=production', { NODE_ENV: 'development' });
    await running.waitFor(/listening on/);
    await running.stop();
  });

  it('is let through with a durable store of its own', async () => {
    const running = runNode([FOREIGN_APPLICATION], { NODE_ENV: 'production', STORE: 'durable', PORT: '0' });
    await running.waitFor(/listening on/);
    await running.stop();
  });
});

describe('a port that someone else listens on', () => {
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

describe('a wrong setting', () => {
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
  ])('%j stops the start with one line that says what to do', async (setting, sentence) => {
    const running = runNode(['dist/main.js'], { NODE_ENV: 'development', ...setting });
    expect(await running.exited()).toBe(1);
    expect(running.stderr()).toContain(`keyward: ${sentence}`);
    expect(running.stderr().trim().split('\n')).toHaveLength(1);
    expect(running.stderr()).not.toContain('hunter2');
  });
});
