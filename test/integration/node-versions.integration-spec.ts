import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { blockOf } from '../support/docs/markdown-blocks';
import { makeTempFolder, type TempFolder } from '../support/integration/temp-folder';
import { installedHost } from '../support/package/installed-host';
import type { NestApplication } from '../support/package/nest-application';
import { nodeOf } from '../support/package/node-versions';
import { readManifest } from '../support/package/shipped-files';
import { packIn } from '../support/package/tarball';
import { LIFE_OF_A_KEY, livedThrough } from '../support/package/tenants';
import { testDatabaseUri } from '../support/test-database';

const GUIDE = 'docs/guides/nest-team.md';

let workshop: TempFolder;
let application: NestApplication;
/** The compiler's findings. */
let faults: readonly string[];

beforeAll(async () => {
  workshop = await makeTempFolder('node-versions');
  const manifest = await readManifest('package.json');
  const tarball = await packIn(join(workshop.path, 'clone'));
  application = await installedHost(join(workshop.path, 'application'), tarball, manifest, [
    'current',
    'fastify',
    'current',
  ]);
  await application.succeed('npm install @nestjs/testing');
  for (const file of ['memories.controller.ts', 'test-app.ts', 'memories.test.ts']) {
    await application.write(`guide/${file}`, blockOf(GUIDE, file));
  }
  faults = await application.compile();
}, 400_000);
afterAll(async () => workshop.remove());

// The oldest supported version, and the newest of each major.
describe.each(['20.19.0', '20', '22', '24'])(
  'an application on Node %s that installed the package',
  (version) => {
    let node: string;

    beforeAll(async () => {
      node = await nodeOf(version);
    });

    it('runs on that version, and has types that compile', async () => {
      const { stdout } = await promisify(execFile)(node, ['--version']);
      expect(stdout).toMatch(new RegExp(`^v${version}[.\\n]`));
      expect(faults).toEqual([]);
    });

    it('guards its routes, and rotates and revokes keys', async () => {
      const environment = { KEYS: 'mongo', NODE_ENV: 'production', MONGODB_URI: testDatabaseUri('node') };
      const running = application.start('main.js', environment, node);
      try {
        const [, url = '', token = ''] = await running.waitFor(/(http:\S+) (\S+)/);
        expect(await livedThrough(url, token)).toEqual(LIFE_OF_A_KEY);
      } finally {
        await running.stop();
      }
    });

    it('creates a first key with the command', async () => {
      const environment = { NODE_ENV: 'production', MONGODB_URI: testDatabaseUri('node_command') };
      const made = await application.sh(
        `"${node}" node_modules/keyward/dist/cli.js create-root-key 2>/dev/null`,
        environment,
      );
      expect(made).toEqual({ code: 0, output: expect.stringMatching(/^kw_\w+\n$/) });
    });

    it('tests its routes with keyward/testing', async () => {
      const tests = application.start('guide/memories.test.js', { NODE_ENV: 'test' }, node);
      expect([await tests.exited(), tests.stdout()]).toEqual([0, expect.stringMatching(/pass 1$/m)]);
    });
  },
);
