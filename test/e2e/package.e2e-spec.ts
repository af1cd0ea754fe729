import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  listShippedFiles,
  type Manifest,
  type Reach,
  reachFrom,
  readManifest,
} from '../support/package/shipped-files';

const ROOT = join(__dirname, '../..');
const ENTRIES = ['dist/index', 'dist/testing', 'dist/cli'];

/** Declared only for their versions: an application installs one of them, and the package imports neither. */
const ADAPTERS = ['@nestjs/platform-express', '@nestjs/platform-fastify'];

/** Packages that the service needs but does not import: Nest serves Swagger UI with them. */
const LOADED_BY_NEST = ['@fastify/static'];

/** The service has no gateways. */
const ONLY_FOR_GATEWAYS = '@nestjs/websockets';

let manifest: Manifest;
let shipped: readonly string[];
let size: number;
let reach: Reach;

beforeAll(async () => {
  manifest = await readManifest('package.json');
  ({ paths: shipped, size } = await listShippedFiles());
  reach = await reachFrom(ENTRIES);
});

describe('the package', () => {
  it('declares exactly the packages that it imports', () => {
    const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
    expect(declared.toSorted()).toEqual([...reach.packages, ...ADAPTERS].toSorted());
  });

  it('has Nest, Mongoose and the adapters as peer dependencies', () => {
    expect(Object.keys(manifest.dependencies).filter((name) => /nestjs|mongo/.test(name))).toEqual([]);
    expect(Object.keys(manifest.peerDependencies)).toEqual(
      expect.arrayContaining(['@nestjs/common', '@nestjs/core', '@nestjs/mongoose', 'mongoose', ...ADAPTERS]),
    );
    expect(Object.keys(manifest.peerDependenciesMeta)).toEqual([
      '@nestjs/event-emitter',
      ...ADAPTERS,
      '@nestjs/swagger',
      '@nestjs/websockets',
      'ioredis',
      'prom-client',
    ]);
  });

  it('has the peer dependencies that the guide lists', async () => {
    const guide = await readFile(join(ROOT, 'docs/guides/nest-team.md'), 'utf8');
    const [, table = ''] = guide.split('<!-- peers: ');
    const rows = [...table.matchAll(/^\| `([^`]+)` +\| `(\^[^`]+)` +\| (.+) \|$/gm)];
    expect(Object.fromEntries(rows.map(([, name, range]) => [name, range?.replaceAll('\\|', '|')]))).toEqual(
      manifest.peerDependencies,
    );
    const optional = rows.filter(([, , , use]) => /optional *$/.test(use ?? '')).map(([, name]) => name);
    expect(optional).toEqual(Object.keys(manifest.peerDependenciesMeta));
  });

  it('loads each optional package in only one file', async () => {
    const requiring = await Promise.all(
      shipped
        .filter((path) => path.endsWith('.js'))
        .map(async (path) => {
          const code = await readFile(join(ROOT, path), 'utf8');
          return [...code.matchAll(/\brequire\(['"]([^.'"][^'"]*)['"]\)/g)].map(
            ([, name = '']) => [name, path] as const,
          );
        }),
    );
    const optional = new Set(Object.keys(manifest.peerDependenciesMeta));
    expect(
      requiring
        .flat()
        .filter(([name]) => optional.has(name))
        .toSorted(([one], [other]) => one.localeCompare(other)),
    ).toEqual([
      ['@nestjs/event-emitter', 'dist/events/domain-events.js'],
      ['@nestjs/swagger', 'dist/openapi/decorators.js'],
      ['@nestjs/websockets', 'dist/api-keys/calls/message-rejection.js'],
      ['ioredis', 'dist/api-keys/limits/redis-client.js'],
      ['prom-client', 'dist/common/shared-metric.js'],
    ]);
  });

  it('contains exactly the modules that its entry points import, with types', () => {
    const code = shipped.filter((path) => /^dist\/.*(?:\.js|\.d\.ts)$/.test(path));
    const reached = [...reach.modules].flatMap((module) => [`${module}.js`, `${module}.d.ts`]);
    expect(code.toSorted()).toEqual(reached.toSorted());
  });

  it('contains no tests, secrets or code of the service, and is smaller than 1.3 MB', () => {
    expect(shipped).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'package.json']));
    const tops = new Set(shipped.map((path) => path.split('/')[0]));
    expect(tops).toEqual(
      new Set([
        '.env.example',
        'CHANGELOG.md',
        'CODE_OF_CONDUCT.md',
        'CONTRIBUTING.md',
        'LICENSE',
        'README.md',
        'SECURITY.md',
        'dist',
        'docs',
        'package.json',
        'samples',
      ]),
    );
    expect(
      shipped.filter((path) => /\.spec\.|tsbuildinfo|\.env$|dist\/(?:main|bootstrap)/.test(path)),
    ).toEqual([]);
    expect(size).toBeLessThan(1_300_000);
  });

  it('contains source maps that include their sources', async () => {
    const maps = shipped.filter((path) => path.endsWith('.map'));
    expect(maps.length).toBeGreaterThan(100);
    for (const path of maps) {
      const { sources, sourcesContent } = JSON.parse(await readFile(join(ROOT, path), 'utf8')) as {
        readonly sources: readonly string[];
        readonly sourcesContent?: readonly string[];
      };
      expect([path, sourcesContent?.length]).toEqual([path, sources.length]);
    }
    for (const path of shipped.filter((each) => each.endsWith('.js'))) {
      const [, map] = /^\/\/# sourceMappingURL=(.+)$/m.exec(await readFile(join(ROOT, path), 'utf8')) ?? [];
      expect(shipped).toContain(join(dirname(path), map ?? 'no map'));
    }
  });

  it('is not marked as private', () => {
    expect(manifest.private).toBeUndefined();
  });
});

describe('the service', () => {
  it('declares exactly the packages that it needs in addition to the package', async () => {
    const { dependencies } = await readManifest('service/package.json');
    const { packages } = await reachFrom(['dist/main']);
    const beside = [...packages].filter(
      (name) => !(name in manifest.dependencies) && !(name in manifest.peerDependencies),
    );
    const needed = [
      ...beside,
      ...Object.keys(manifest.peerDependenciesMeta).filter(
        (name) => packages.has(name) && name !== ONLY_FOR_GATEWAYS,
      ),
    ];
    expect(Object.keys(dependencies).toSorted()).toEqual([...needed, ...LOADED_BY_NEST].toSorted());
  });

  it('has the same version as the package', async () => {
    expect((await readManifest('service/package.json')).version).toBe(manifest.version);
  });
});
