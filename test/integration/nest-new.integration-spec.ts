import { join } from 'node:path';
import { blockOf } from '../support/docs/markdown-blocks';
import { makeTempFolder, type TempFolder } from '../support/integration/temp-folder';
import { NestApplication } from '../support/package/nest-application';
import { packIn } from '../support/package/tarball';
import { LIFE_OF_A_KEY, livedThrough } from '../support/package/tenants';
import { testDatabaseUri } from '../support/test-database';

const PAGE = 'docs/guides/nest-recipes.md';
const GUIDE = 'docs/guides/nest-team.md';
const FILES = ['memories.controller.ts', 'app.module.ts', 'main.ts', 'test-app.ts', 'memories.spec.ts'];

/** What the page says about each version of the generator. */
const KINDS = [
  {
    major: '12',
    generate: 'new 12',
    install: blockOf(GUIDE, 'install'),
    edited: (code: string) => code.replace('@jest/globals', 'vitest'),
    passed: /Tests +2 passed \(2\)/,
  },
  {
    major: '11',
    generate: 'new 11',
    install: blockOf(PAGE, 'install 11'),
    edited: (code: string) => code.replaceAll(/(from '\.[^']*)\.js'/g, "$1'"),
    passed: /Tests: +2 passed, 2 total/,
  },
];

let workshop: TempFolder;
let tarball: string;

beforeAll(async () => {
  workshop = await makeTempFolder('nest-new');
  tarball = await packIn(join(workshop.path, 'clone'));
}, 180_000);
afterAll(async () => workshop.remove());

/** Changes the guide's main file for Express as the guide says. */
function forExpress(code: string): string {
  return code.replace(/^import .*platform-fastify';\n/m, '').replace(', new FastifyAdapter()', '');
}

describe.each(KINDS)(
  'an application that nest new $major creates',
  ({ major, generate, install, ...kind }) => {
    let application: NestApplication;

    beforeAll(async () => {
      application = await NestApplication.generate(
        join(workshop.path, major),
        tarball,
        blockOf(PAGE, generate),
      );
      await application.succeed(install);
      for (const file of FILES) await application.write(file, kind.edited(blockOf(GUIDE, file)));
      await application.write('main-express.ts', kind.edited(forExpress(blockOf(GUIDE, 'main.ts'))));
      await application.succeed('npm run build');
    }, 400_000);

    it(`has one version of Nest, ${major}`, async () => {
      expect(await application.versionOf('@nestjs/core')).toMatch(new RegExp(`^${major}\\.`));
      expect(await application.sh('npm ls @nestjs/core')).toMatchObject({ code: 0 });
    });

    it.each(['main', 'main-express'])('guards its routes, and rotates and revokes keys: %s', async (main) => {
      const environment = {
        NODE_ENV: 'production',
        MONGODB_URI: testDatabaseUri(`nest_new_${major}_${main}`),
        API_KEY_PREFIXES: 'mem',
        PORT: '0',
      };
      const made = await application.sh('npx --no keyward create-root-key 2>/dev/null', environment);
      expect(made).toEqual({ code: 0, output: expect.stringMatching(/^mem_\w+\n$/) });
      const running = application.start(`${main}.js`, environment);
      try {
        const [, url = ''] = await running.waitFor(/(http:\S+) has keys already/);
        expect(await livedThrough(url, made.output.trim())).toEqual(LIFE_OF_A_KEY);
      } finally {
        await running.stop();
      }
    });

    it('runs the test of the guide with npm test', async () => {
      const tested = await application.sh('npm test', { NO_COLOR: '1' });
      expect(tested).toEqual({ code: 0, output: expect.stringMatching(kind.passed) });
    });
  },
);
