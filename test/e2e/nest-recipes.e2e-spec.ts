import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { Controller, type INestApplication, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { getConnectionToken } from '@nestjs/mongoose';
import { ApiKeysModule, ApiKeysService, RequireScopes, rootCaller } from 'keyward';
import type { Connection } from 'mongoose';
import { firstValueFrom } from 'rxjs';
import { type CompiledBlocks, compileBlocks } from '../support/docs/compiled-blocks';
import { blocksOf, nameOf } from '../support/docs/markdown-blocks';
import { HttpClient } from '../support/http-client';
import { testDatabaseUri } from '../support/test-database';
import { type AdapterName, ADAPTERS, createAdapter, refusalOf } from '../support/two-adapters';

const PAGE = 'docs/guides/nest-recipes.md';
const RECIPES = ['hybrid.ts', 'versions.ts', 'connections.ts'];
const BLOCKS = blocksOf(PAGE).filter((block) => RECIPES.includes(nameOf(block)));

let compiled: CompiledBlocks;

beforeAll(async () => {
  // The recipes read them when they are loaded, and when they start.
  Object.assign(process.env, {
    PORT: '0',
    MESSAGES_PORT: '0',
    MONGODB_URI: testDatabaseUri('recipe_own'),
    KEYS_URI: testDatabaseUri('recipe_keys'),
  });
  compiled = await compileBlocks(BLOCKS, 'commonjs');
});
afterAll(async () => compiled.remove());

/** Returns the exports of a compiled recipe. */
function load(recipe: string): object {
  // oxlint-disable-next-line typescript/no-require-imports -- compiled by this test
  return require(join(compiled.folderOf(PAGE), recipe)) as object;
}

/** Starts the application of a recipe on free ports. Closes it if the start fails. */
async function serve(
  adapter: AdapterName,
  module: Type,
  start: (app: INestApplication) => unknown,
): Promise<INestApplication> {
  const app = await NestFactory.create(module, createAdapter(adapter), { logger: false });
  try {
    await start(app);
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function tokenFor(app: INestApplication, orgId: string, ...scopes: string[]): Promise<string> {
  const { token } = await app.get(ApiKeysService).create(rootCaller('test'), { name: orgId, scopes, orgId });
  return token;
}

/** Returns the statuses of a path for two tenants who hold the scopes, and for a stranger. */
async function statusesOf(
  app: INestApplication,
  path: string,
  scopes: readonly string[],
  headers: Record<string, string> = {},
): Promise<readonly number[]> {
  const url = await app.getUrl();
  const tokens = [
    await tokenFor(app, 'acme', ...scopes),
    await tokenFor(app, 'globex', ...scopes),
    undefined,
  ];
  return Promise.all(
    tokens.map(async (token) => (await new HttpClient(url, token).get(path, headers)).status),
  );
}

const ACME_ONLY = [200, 403, 401];

it('compiles every recipe to ES modules too', async () => {
  expect(BLOCKS.map(nameOf)).toEqual(RECIPES);
  await (await compileBlocks(BLOCKS, 'module')).remove();
});

interface HybridRecipe {
  readonly HybridModule: Type;
  readonly start: (app: INestApplication) => Promise<void>;
}

/** Sends a message to the microservice of an application, and returns the reply. */
async function replyOf(app: INestApplication, pattern: string): Promise<unknown> {
  const [microservice] = app.getMicroservices() as readonly { unwrap(): Server }[];
  if (microservice === undefined) throw new Error('the application has no microservice');
  const { port } = microservice.unwrap().address() as AddressInfo;
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  try {
    return await firstValueFrom(client.send<unknown>(pattern, 'acme'));
  } finally {
    client.close();
  }
}

describe.each(ADAPTERS)('the recipe for a hybrid application on %s', (adapter) => {
  let app: INestApplication;

  beforeAll(async () => {
    const { HybridModule, start } = load('hybrid') as HybridRecipe;
    app = await serve(adapter, HybridModule, start);
  });
  afterAll(async () => app.close());

  it('guards its routes', async () => {
    expect(await statusesOf(app, '/orgs/acme/memories', ['memory:read'])).toEqual(ACME_ONLY);
  });

  it('runs public message handlers only', async () => {
    expect(await replyOf(app, 'count')).toBe('the number of memories of acme');
    await expect(replyOf(app, 'wipe')).rejects.toEqual({ status: 'error', message: 'Forbidden resource' });
  });
});

describe.each(ADAPTERS)('a hybrid application on %s that changes the recipe', (adapter) => {
  it('runs all message handlers if they do not inherit the configuration', async () => {
    const { HybridModule } = load('hybrid') as HybridRecipe;
    const app = await serve(adapter, HybridModule, async (created) => {
      created.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } });
      await created.listen(0, '127.0.0.1');
      await created.startAllMicroservices();
    });
    try {
      expect(await replyOf(app, 'count')).toBe('the number of memories of acme');
      expect(await replyOf(app, 'wipe')).toMatch(/^never runs/);
      expect(await statusesOf(app, '/orgs/acme/memories', ['memory:read'])).toEqual(ACME_ONLY);
    } finally {
      await app.close();
    }
  });

  it('does not start if a message handler requires scopes', async () => {
    @Controller()
    class WipingController {
      @MessagePattern('wipe')
      @RequireScopes('memory:write')
      wipe(): void {}
    }
    const { HybridModule, start } = load('hybrid') as HybridRecipe;
    @Module({ imports: [HybridModule], controllers: [WipingController] })
    class WipingModule {}
    await expect(serve(adapter, WipingModule, start)).rejects.toThrow(
      'handlers of microservices declare access, which is not enforced for them: WipingController.wipe.',
    );
  });
});

describe.each(ADAPTERS)('the recipe for a global prefix and versions on %s', (adapter) => {
  interface Recipe {
    readonly VersionsModule: Type;
    readonly versionsInPath: (app: INestApplication) => void;
    readonly versionsInHeader: (app: INestApplication) => void;
  }
  const variants = [
    ['path', 'versionsInPath', (version: number) => [`/api/v${version}/orgs/acme/memories`, {}] as const],
    [
      'header',
      'versionsInHeader',
      (version: number) => ['/api/orgs/acme/memories', { 'X-Version': String(version) }] as const,
    ],
  ] as const;

  describe.each(variants)('with the version in the %s', (_place, configure, request) => {
    let app: INestApplication;

    beforeAll(async () => {
      const recipe = load('versions') as Recipe;
      app = await serve(adapter, recipe.VersionsModule, async (created) => {
        recipe[configure](created);
        await created.listen(0, '127.0.0.1');
      });
    });
    afterAll(async () => app.close());

    const asked = async (version: number, ...scopes: string[]): Promise<readonly number[]> => {
      const [path, headers] = request(version);
      return statusesOf(app, path, scopes, headers);
    };

    it('enforces the scopes of the version that the request names', async () => {
      expect(await asked(1, 'memory:read')).toEqual(ACME_ONLY);
      expect(await asked(2, 'memory:read')).toEqual([403, 403, 401]);
      expect(await asked(2, 'memory:read', 'memory:rank')).toEqual(ACME_ONLY);
      const [path, headers] = request(2);
      const token = await tokenFor(app, 'acme', 'memory:*');
      expect((await new HttpClient(await app.getUrl(), token).get(path, headers)).text).toBe(
        'the ranked memories of acme',
      );
    });

    it('answers 404 for other versions, without a version and without the prefix', async () => {
      expect(await asked(3, 'memory:read')).toEqual([404, 404, 404]);
      expect(await statusesOf(app, '/api/orgs/acme/memories', ['memory:read'])).toEqual([404, 404, 404]);
      const [path, headers] = request(1);
      expect(await statusesOf(app, path.replace('/api', ''), ['memory:read'], headers)).toEqual([
        404, 404, 404,
      ]);
    });

    it('serves the routes of Keyward behind the prefix, without a version', async () => {
      expect(await statusesOf(app, '/api/v1/api-keys', ['api-keys:read'])).toEqual([200, 200, 401]);
      expect(await statusesOf(app, '/v1/api-keys', ['api-keys:read'])).toEqual([404, 404, 404]);
    });
  });
});

describe.each(ADAPTERS)('the recipe for several Mongoose connections on %s', (adapter) => {
  let app: INestApplication;

  beforeAll(async () => {
    const { ConnectionsModule } = load('connections') as { readonly ConnectionsModule: Type };
    app = await serve(adapter, ConnectionsModule, async (created) => created.listen(0, '127.0.0.1'));
  });
  afterAll(async () => app.close());

  const collectionsOf = async (name?: string): Promise<readonly string[]> => {
    const connection = app.get<Connection>(getConnectionToken(name));
    return (await connection.listCollections()).map((collection) => collection.name);
  };

  it('guards its routes, which use the default connection', async () => {
    const acme = new HttpClient(await app.getUrl(), await tokenFor(app, 'acme', 'memory:*'));
    const globex = new HttpClient(await app.getUrl(), await tokenFor(app, 'globex', 'memory:*'));
    const before = Number((await acme.get('/orgs/acme/memories')).text);
    expect((await acme.post('/orgs/acme/memories')).status).toBe(201);
    expect((await globex.post('/orgs/acme/memories')).status).toBe(403);
    expect((await acme.get('/orgs/acme/memories')).text).toBe(String(before + 1));
    expect((await globex.get('/orgs/globex/memories')).text).toBe('0');
    expect(await statusesOf(app, '/orgs/acme/memories', ['memory:read'])).toEqual(ACME_ONLY);
  });

  it('keeps the collections of Keyward on the other connection only', async () => {
    expect(await collectionsOf()).toEqual(['memories']);
    const ofKeyward = await collectionsOf('keys');
    expect(ofKeyward).toContain('api_keys');
    expect(ofKeyward).not.toContain('memories');
  });

  it('does not start if no connection has the name', async () => {
    const keyward = ApiKeysModule.forRoot({ storage: 'mongo', connectionName: 'missing' });
    const refusal = await refusalOf(adapter, { imports: [keyward] });
    expect(refusal.message).toMatch(/^storage "mongo" needs a Mongoose connection and there is none/);
  });
});
