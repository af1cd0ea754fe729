import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeTempFolder, type TempFolder } from '../support/integration/temp-folder';
import { NestApplication } from '../support/package/nest-application';
import { type Manifest, readManifest } from '../support/package/shipped-files';
import { packIn } from '../support/package/tarball';
import { LIFE_OF_A_KEY, livedThrough } from '../support/package/tenants';
import { type Major, peersIn, STARTER } from '../support/package/versions';
import { testDatabaseUri } from '../support/test-database';

const HOST = join(__dirname, '../support/package/host');

type Combination = readonly [nest: Major, adapter: 'express' | 'fastify', mongoose: Major];

/** The combinations that package.integration-spec.ts does not install. */
const COMBINATIONS: readonly Combination[] = [
  ['previous', 'express', 'current'],
  ['previous', 'fastify', 'previous'],
  ['previous', 'fastify', 'current'],
  ['current', 'express', 'previous'],
  ['current', 'express', 'current'],
  ['current', 'fastify', 'previous'],
];

const TITLES = COMBINATIONS.map(([nest, adapter, mongoose]) => ({
  combination: [nest, adapter, mongoose] as const,
  title: `Nest ${nest === 'previous' ? 11 : 12} on ${adapter} with Mongoose ${mongoose === 'previous' ? 8 : 9}`,
}));

let workshop: TempFolder;
let manifest: Manifest;
let tarball: string;

beforeAll(async () => {
  workshop = await makeTempFolder('combinations');
  manifest = await readManifest('package.json');
  tarball = await packIn(join(workshop.path, 'clone'));
}, 180_000);
afterAll(async () => workshop.remove());

/** Installs the tarball in an application with the newest versions of these majors, and compiles it. */
async function installed(combination: Combination): Promise<NestApplication> {
  const name = combination.join('-');
  const dependencies = { ...STARTER, ...peersIn(manifest, ...combination) };
  const application = await NestApplication.create(join(workshop.path, name), tarball, dependencies);
  await cp(HOST, join(application.folder, 'src'), { recursive: true });
  if (combination[1] === 'fastify') {
    await application.write(
      'adapter.ts',
      "export { FastifyAdapter as Adapter } from '@nestjs/platform-fastify';\n",
    );
  }
  const { code, output } = await application.sh(`npm install ./${basename(tarball)}`);
  if (code !== 0) throw new Error(output);
  return application;
}

describe.each(TITLES)('an application with $title', ({ combination }) => {
  it('installs the package cleanly, guards its routes, and rotates and revokes keys', async () => {
    const application = await installed(combination);
    expect(await application.sh('npm ls --all')).toMatchObject({ code: 0 });
    expect(await application.versionOf('@nestjs/core')).toMatch(
      combination[0] === 'previous' ? /^11\./ : /^12\./,
    );
    expect(await application.versionOf('mongoose')).toMatch(combination[2] === 'previous' ? /^8\./ : /^9\./);
    expect(await application.compile()).toEqual([]);
    const running = application.start('main.js', {
      KEYS: 'mongo',
      NODE_ENV: 'production',
      MONGODB_URI: testDatabaseUri(combination.join('_')),
    });
    try {
      const [, url = '', token = ''] = await running.waitFor(/(http:\S+) (\S+)/);
      expect(await livedThrough(url, token)).toEqual(LIFE_OF_A_KEY);
    } finally {
      await running.stop();
    }
  }, 400_000);
});
