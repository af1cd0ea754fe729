import { join } from 'node:path';
import { makeTempFolder, type TempFolder } from '../support/integration/temp-folder';
import { type Combination, installedHost } from '../support/package/installed-host';
import { type Manifest, readManifest } from '../support/package/shipped-files';
import { packIn } from '../support/package/tarball';
import { LIFE_OF_A_KEY, livedThrough } from '../support/package/tenants';
import { testDatabaseUri } from '../support/test-database';

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

describe.each(TITLES)('an application with $title', ({ combination }) => {
  it('installs the package cleanly, guards its routes, and rotates and revokes keys', async () => {
    const application = await installedHost(
      join(workshop.path, combination.join('-')),
      tarball,
      manifest,
      combination,
    );
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
