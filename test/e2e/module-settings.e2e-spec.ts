import { Controller, Get, Injectable, Module, Scope, UseGuards } from '@nestjs/common';
import {
  ApiKeysModule,
  type ApiKeysModuleAsyncOptions,
  type ApiKeysOptions,
  type ApiKeysOptionsFactory,
  ApiKeysService,
  Authenticated,
  ConfigurationError,
  CurrentApiKey,
  type CurrentKey,
  type HttpRequest,
  nodeRequestOf,
  Public,
  RequireScopes,
  rootCaller,
  ScopesGuard,
  Tenant,
  type TenantContext,
} from 'keyward';
import { REQUEST } from '@nestjs/core';
import { ADAPTERS, refusalOf, type RunningHost, startHost } from '../support/two-adapters';

/** Reads the tenant and the client address from headers that the proxy of the host sets. */
@Injectable()
class HostGuard extends ScopesGuard {
  protected override tenantOf(request: HttpRequest): TenantContext {
    const orgId = nodeRequestOf(request).headers['x-tenant'];
    return typeof orgId === 'string' ? { orgId } : {};
  }

  protected override clientAddressOf(request: HttpRequest): string | undefined {
    const address = nodeRequestOf(request).headers['x-client'];
    return typeof address === 'string' ? address : undefined;
  }
}

@Controller('orgs/:orgId/memories')
class MemoriesController {
  @Get()
  @RequireScopes('memory:read')
  list(@Tenant() tenant: TenantContext): object {
    return tenant;
  }

  @Get('guarded-twice')
  @UseGuards(ScopesGuard)
  @RequireScopes('memory:read')
  listTwice(@Tenant() tenant: TenantContext): object {
    return tenant;
  }

  @Get('public')
  @Public()
  open(): object {
    return {};
  }
}

@Controller('forgotten')
class ForgottenController {
  @Get()
  list(): void {}
}

@Injectable()
class Delegate {
  constructor(
    readonly plain: ScopesGuard,
    readonly own: HostGuard,
  ) {}
}

describe.each(ADAPTERS)('a subclass of ScopesGuard in guard.use on %s', (adapter) => {
  const acme = { 'X-Tenant': 'acme', 'X-Client': '203.0.113.7' };
  let host: RunningHost;
  let token: string;

  beforeAll(async () => {
    host = await startHost(adapter, {
      imports: [ApiKeysModule.forRoot({ storage: 'memory', guard: { use: HostGuard } })],
      controllers: [MemoriesController],
      providers: [Delegate],
    });
    const made = await host.app.get(ApiKeysService).create(rootCaller('system'), {
      name: 'test',
      scopes: ['memory:read', 'api-keys:read'],
      orgId: 'acme',
      allowedIps: ['203.0.113.7'],
      rateLimits: [{ name: 'default', limit: 3, windowSeconds: 3600 }],
    });
    ({ token } = made);
  });
  afterAll(async () => host.close());

  it('guards every route, including those of Keyward, and counts a request once', async () => {
    const answers = [
      await host.as(token).get('/orgs/globex/memories', acme),
      await host.as(token).get('/orgs/globex/memories/guarded-twice', acme),
      await host.as(token).get('/v1/api-keys/self', acme),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers[0]?.body).toEqual({ orgId: 'acme' });
    expect((await host.as(token).get('/orgs/globex/memories', acme)).status).toBe(429);
  });

  it.each(['/orgs/acme/memories', '/orgs/acme/memories/guarded-twice', '/v1/api-keys/self'])(
    'decides instead of ScopesGuard: %s',
    async (path) => {
      const elsewhere = await host.as(token).get(path, { ...acme, 'X-Client': '198.51.100.1' });
      expect([elsewhere.status, elsewhere.body['code']]).toEqual([403, 'ip_not_allowed']);
      expect((await host.as().get(path, acme)).status).toBe(401);
    },
  );

  it('is the instance that providers get when they inject it or ScopesGuard', () => {
    const { plain, own } = host.app.get(Delegate);
    expect(own).toBeInstanceOf(HostGuard);
    expect(plain).toBe(own);
  });

  it('allows public routes, and prevents the start if a route declares no access', async () => {
    expect((await host.as().get('/orgs/acme/memories/public')).status).toBe(200);
    const refusal = await refusalOf(adapter, {
      imports: [ApiKeysModule.forRoot({ storage: 'memory', guard: { use: HostGuard } })],
      controllers: [ForgottenController],
    });
    expect(refusal.message).toContain('GET /forgotten (ForgottenController.list)');
  });

  it('rejects requests to an undeclared route with 403 if undeclaredRoutes is deny', async () => {
    const denying = await startHost(adapter, {
      imports: [
        ApiKeysModule.forRoot({ storage: 'memory', guard: { use: HostGuard, undeclaredRoutes: 'deny' } }),
      ],
      controllers: [ForgottenController],
    });
    const answer = await denying.as(token).get('/forgotten');
    await denying.close();
    expect([answer.status, answer.body['code']]).toEqual([403, 'access_undeclared']);
  });
});

it('guard.use rejects a request-scoped guard', async () => {
  @Injectable({ scope: Scope.REQUEST })
  class PerRequest extends ScopesGuard {}

  const refusal = await refusalOf('fastify', {
    imports: [ApiKeysModule.forRoot({ storage: 'memory', guard: { use: PerRequest } })],
  });
  expect(refusal).toBeInstanceOf(ConfigurationError);
  expect(refusal.message).toContain('ScopesGuard is not among the global guards');
});

describe.each(ADAPTERS)('the module with isGlobal: false on %s', (adapter) => {
  const local = ApiKeysModule.forRoot({ storage: 'memory', isGlobal: false });

  @Injectable()
  class Issuer {
    constructor(readonly keys: ApiKeysService) {}
  }

  @Module({ providers: [Issuer] })
  class StrangerModule {}

  @Module({ imports: [local], providers: [Issuer], exports: [Issuer] })
  class IssuingModule {}

  @Controller()
  class WhoController {
    @Get('whoami')
    @Authenticated()
    whoami(@CurrentApiKey() { name }: CurrentKey): object {
      return { name };
    }
  }

  @Module({ controllers: [WhoController] })
  class RoutesModule {}

  it('does not provide ApiKeysService to modules that do not import it', async () => {
    const refusal = await refusalOf(adapter, { imports: [local, StrangerModule] });
    expect(refusal.message).toContain('ApiKeysService');
  });

  it('guards every route, and provides the service to modules that import it', async () => {
    const host = await startHost(adapter, { imports: [IssuingModule, RoutesModule] });
    const { token } = await host.app
      .get(Issuer)
      .keys.create(rootCaller('system'), { name: 'first', scopes: [] });
    const [stranger, holder] = [await host.as().get('/whoami'), await host.as(token).get('/whoami')];
    const management = await host.as(token).get('/v1/api-keys/self');
    await host.close();

    expect(stranger.status).toBe(401);
    expect([holder.status, holder.body]).toEqual([200, { name: 'first' }]);
    expect(management.status).toBe(200);
  });
});

@Injectable({ scope: Scope.REQUEST })
class OptionsOfRequest implements ApiKeysOptionsFactory {
  createApiKeysOptions(): ApiKeysOptions {
    return { storage: 'memory' };
  }
}

@Module({ providers: [OptionsOfRequest], exports: [OptionsOfRequest] })
class OptionsOfRequestModule {}

describe.each<readonly [string, ApiKeysModuleAsyncOptions]>([
  ['a factory', { inject: [REQUEST], useFactory: () => ({ storage: 'memory' }) }],
  ['a class of the module', { useClass: OptionsOfRequest }],
  ['a provider', { imports: [OptionsOfRequestModule], useExisting: OptionsOfRequest }],
])('options that %s computes for each request', (_source, source) => {
  // Otherwise nothing would check that routes are guarded, and no limit would count.
  it.each([undefined, false] as const)('prevent the start with guard: %s [T9]', async (guard) => {
    const refusal = await refusalOf('fastify', {
      imports: [ApiKeysModule.forRootAsync({ ...source, guard })],
      controllers: [MemoriesController],
    });
    expect(refusal.message).toMatch(/the options of Keyward depend on a request|REQUEST|never run/i);
  });
});

describe('an options object with getters and a prototype', () => {
  class Base {
    get http(): NonNullable<ApiKeysOptions['http']> {
      return { realm: 'acme' };
    }
  }
  class HostOptions extends Base implements ApiKeysOptions {
    readonly storage = 'memory';
    get tokens(): NonNullable<ApiKeysOptions['tokens']> {
      return { prefixes: ['acme'] };
    }
  }

  it.each([
    ['forRoot', () => ApiKeysModule.forRoot(new HostOptions())],
    ['forRootAsync', () => ApiKeysModule.forRootAsync({ useFactory: () => new HostOptions() })],
  ])('is read completely by %s', async (_how, module) => {
    const host = await startHost('fastify', { imports: [module()], controllers: [MemoriesController] });
    const { token } = await host.app
      .get(ApiKeysService)
      .create(rootCaller('system'), { name: 'test', scopes: ['memory:read'] });
    expect(token).toMatch(/^acme_/);
    const refused = await host.as().get('/orgs/acme/memories');
    expect(refused.headers.get('www-authenticate')).toContain('realm="acme"');
    await host.close();
  });
});
