import {
  All,
  Controller,
  Get,
  Head,
  type INestApplication,
  type ModuleMetadata,
  Post,
  type Type,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import {
  ApiExcludeEndpoint,
  ApiOperation,
  DocumentBuilder,
  type SwaggerDocumentOptions,
  SwaggerModule,
} from '@nestjs/swagger';
import { ApiKeysModule, describeAccess, Public, RequireScopes } from 'keyward';
import { ADAPTERS, type AdapterName, startHost } from '../support/two-adapters';

interface Described {
  readonly operationId?: string;
  readonly security?: unknown;
  readonly 'x-required-scopes'?: { readonly allOf: readonly string[] };
}

/** Requires a scope with the name of the handler, which is also its operation id. */
function Named(): MethodDecorator {
  return (target, key, descriptor) => {
    RequireScopes(`${target.constructor.name}:${String(key)}`.toLowerCase())(target, key, descriptor);
  };
}

@Controller(['memories', 'archive'])
class Memories {
  @Get()
  @Named()
  list(this: void): void {}

  @Get([':id', 'by-id/:id/'])
  @Named()
  get(this: void): void {}

  @All('any')
  @Named()
  any(this: void): void {}

  @Head(':id/head')
  @Named()
  head(this: void): void {}

  @Get('files/*')
  @Named()
  files(this: void): void {}

  @Get('open')
  @Public()
  open(this: void): void {}
}

/** Two routes with one path but for the name of its parameter. */
@Controller('orgs')
class Organisations {
  @Get(':orgId/things')
  @Named()
  get(this: void): void {}

  @Post(':name/things')
  @Named()
  add(this: void): void {}
}

@Controller({ path: 'orders', version: ['1', '2'] })
class Orders {
  @Get()
  @Named()
  list(this: void): void {}

  @Version('3')
  @Get()
  @Named()
  listThird(this: void): void {}

  @Version(VERSION_NEUTRAL)
  @Get('neutral')
  @Named()
  neutral(this: void): void {}
}

/** Its routes exist a second time in {@link NewInvoices}, under one path if the version is in a header. */
@Controller({ path: 'invoices', version: '1' })
class OldInvoices {
  @Get()
  @Named()
  list(this: void): void {}

  @Get('sent')
  @Named()
  sent(this: void): void {}
}

@Controller({ path: 'invoices', version: '2' })
class NewInvoices {
  @Get()
  @Named()
  list(this: void): void {}

  @ApiExcludeEndpoint()
  @Get('sent')
  @Named()
  sent(this: void): void {}
}

abstract class Shelf {
  @Get()
  @ApiOperation({})
  list(this: void): void {}
}

@Controller('books')
@RequireScopes('books:list')
class Books extends Shelf {}

@Controller('maps')
@RequireScopes('maps:list')
class Maps extends Shelf {}

const UNVERSIONED: Type[] = [Memories, Organisations, Books, Maps];
const VERSIONED: Type[] = [...UNVERSIONED, Orders, OldInvoices, NewInvoices];

class Admin {}

type Preparation = (app: INestApplication) => unknown;

const PREPARATIONS: readonly (readonly [name: string, Type[], Preparation])[] = [
  ['without any setting', UNVERSIONED, () => undefined],
  ['with a global prefix', UNVERSIONED, (app) => app.setGlobalPrefix('/api/')],
  [
    'with a global prefix that some routes do not have',
    UNVERSIONED,
    (app) => app.setGlobalPrefix('api', { exclude: ['memories', 'orgs/:orgId/things', 'books'] }),
  ],
  ['with versions in the path', VERSIONED, (app) => app.enableVersioning({ type: VersioningType.URI })],
  [
    'with versions in the path, a prefix and a default',
    VERSIONED,
    (app) =>
      app
        .setGlobalPrefix('api', { exclude: ['orders'] })
        .enableVersioning({ type: VersioningType.URI, prefix: 'version-', defaultVersion: '7' }),
  ],
  [
    'with versions in a header',
    VERSIONED,
    (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' }),
  ],
  [
    'with versions in the media type',
    VERSIONED,
    (app) => app.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: '1' }),
  ],
];

/** Returns the operations of an application, by method and path. */
async function operationsOf(
  adapter: AdapterName,
  prepare: Preparation,
  metadata: ModuleMetadata,
  options: SwaggerDocumentOptions = {},
): Promise<Readonly<Record<string, Described>>> {
  const imports = [ApiKeysModule.forRoot({ storage: 'memory' }), ...(metadata.imports ?? [])];
  const host = await startHost(adapter, { ...metadata, imports }, { app: prepare });
  const document = SwaggerModule.createDocument(host.app, new DocumentBuilder().build(), {
    operationIdFactory: (controller, method) => `${controller}:${method}`,
    ...options,
  });
  await host.close();
  return Object.fromEntries(
    Object.entries(describeAccess(document, host.app).paths).flatMap(([path, item]) =>
      Object.entries(item as Readonly<Record<string, Described>>).map(([method, operation]) => [
        `${method} ${path}`,
        operation,
      ]),
    ),
  );
}

/** Returns the handler that an operation documents: without the number of a path or the method of `@All()`. */
function handlerOf({ operationId = '' }: Described): string {
  return operationId.replace(/\[\d+\]$|_[a-z]+$/, '').toLowerCase();
}

function isOfHost([, { operationId }]: readonly [string, Described]): boolean {
  return operationId?.includes(':') === true;
}

describe.each(ADAPTERS)('an OpenAPI document from describeAccess() on %s', (adapter) => {
  it.each(PREPARATIONS)(
    'lists the scope of each operation’s own handler: %s',
    async (_name, controllers, prepare) => {
      const operations = Object.entries(await operationsOf(adapter, prepare, { controllers })).filter(
        isOfHost,
      );
      expect(new Set(operations.map(([, each]) => handlerOf(each))).size).toBeGreaterThanOrEqual(8);
      for (const [name, operation] of operations) {
        const handler = handlerOf(operation);
        const scopes = operation['x-required-scopes']?.allOf;
        expect([name, scopes]).toEqual([name, handler === 'memories:open' ? undefined : [handler]]);
      }
    },
  );

  it('lists the scopes of routes even if it omits the global prefix', async () => {
    const operations = await operationsOf(
      adapter,
      (app) => app.setGlobalPrefix('api', { exclude: ['books'] }),
      { controllers: UNVERSIONED },
      { ignoreGlobalPrefix: true },
    );
    expect(operations['get /memories/{id}']?.['x-required-scopes']?.allOf).toEqual(['memories:get']);
    expect(operations['get /books']?.['x-required-scopes']?.allOf).toEqual(['books:list']);
  });

  it('lists the scopes of routes under a module prefix', async () => {
    class Application {}
    const prefixed = {
      module: Application,
      imports: [
        RouterModule.register([
          { path: 'admin/:area', module: Admin, children: [{ path: 'inner', module: Application }] },
        ]),
      ],
      controllers: [Memories],
    };
    const operations = await operationsOf(adapter, (app) => app.setGlobalPrefix('api'), {
      imports: [prefixed],
    });
    expect(operations['get /api/admin/{area}/inner/memories/{id}']?.['x-required-scopes']).toEqual({
      allOf: ['memories:get'],
      anyOf: [],
    });
  });

  it('does not change an operation that the host added by hand', async () => {
    const host = await startHost(adapter, {
      imports: [ApiKeysModule.forRoot({ storage: 'memory' })],
      controllers: [Memories],
    });
    const document = SwaggerModule.createDocument(host.app, new DocumentBuilder().build());
    await host.close();
    const manual = { get: { operationId: 'manual', responses: {} } };
    document.paths['/manual'] = manual;
    const described = describeAccess(document, host.app);
    expect(described.paths['/manual']).toEqual(manual);
  });
});
