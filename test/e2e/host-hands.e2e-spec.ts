import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  Injectable,
  Module,
  Next,
  type NestInterceptor,
  Post,
  Req,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import {
  API_KEYS_OPTIONS,
  apiKeyOf,
  ApiKeysModule,
  type ApiKeysOptions,
  ApiKeysService,
  AUTHENTICATOR,
  AllowSessions,
  Authenticated,
  type Authenticator,
  type Caller,
  CurrentCaller,
  type HttpRequest,
  nodeRequestOf,
  type PresentedCredential,
  type ProblemException,
  ProblemFilter,
  Public,
  type RequestAccess,
  RequireScopes,
  rootCaller,
  ScopesGuard,
  SelfScoped,
  type TenantContext,
} from 'keyward';
import type { Observable } from 'rxjs';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';

/** What an interceptor saw, in order. */
const seen: (string | undefined)[] = [];

@Injectable()
class WhoInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    seen.push(apiKeyOf(context)?.orgId);
    return next.handle();
  }
}

interface Extended extends HttpRequest {
  readonly keyward?: RequestAccess;
}

@Controller('hands')
class HandsController {
  constructor(private readonly keys: ApiKeysService) {}

  @Get('request')
  @SelfScoped()
  @Authenticated()
  request(@Req() request: Extended): object {
    return {
      key: request.keyward?.key?.id,
      actor: request.keyward?.caller.actor,
      tenant: request.keyward?.tenant,
      sameKey: apiKeyOf(request) === request.keyward?.key,
      ofNode: apiKeyOf(nodeRequestOf(request))?.id,
      ofCopy: apiKeyOf({ ...request, raw: nodeRequestOf(request) })?.id ?? null,
    };
  }

  @Get('open')
  @Public()
  open(@Req() request: Extended): object {
    return { isKnown: request.keyward !== undefined || apiKeyOf(request) !== undefined };
  }

  @Post('keys')
  @SelfScoped()
  @RequireScopes('api-keys:write')
  async create(@CurrentCaller() caller: Caller): Promise<object> {
    const { key } = await this.keys.create(caller, { name: 'derived', scopes: ['memory:read'] });
    return { orgId: key.orgId };
  }

  @Get('session')
  @SelfScoped()
  @AllowSessions()
  @Authenticated()
  session(@CurrentCaller() caller: Caller, @Req() request: Extended): object {
    return { actor: caller.actor, key: apiKeyOf(request) ?? null, same: request.keyward?.caller === caller };
  }
}

const COOKIE = /(?:^|;\s*)key=([^;]*)/;

/** Reads the key from a cookie and the tenant from the host name, and answers in the application's own form. */
@Injectable()
class HostGuard extends ScopesGuard {
  protected override credentialOf(request: HttpRequest, withBasic: boolean): PresentedCredential {
    const token = COOKIE.exec(nodeRequestOf(request).headers.cookie ?? '')?.[1];
    return token === undefined
      ? super.credentialOf(request, withBasic)
      : { kind: 'token', scheme: 'bearer', token };
  }

  protected override tenantOf(request: HttpRequest): TenantContext {
    return { orgId: nodeRequestOf(request).headers['x-forwarded-host']?.toString().split('.')[0] };
  }

  protected override clientAddressOf(request: HttpRequest): string | undefined {
    return nodeRequestOf(request).headers['cf-connecting-ip']?.toString();
  }

  protected override rejectionOf({ problem }: ProblemException): Error {
    return new HttpException({ error: { type: problem.code, message: problem.detail } }, problem.status);
  }
}

/** Each tries to make a rejection look like something else. */
@Injectable()
class SilentGuard extends ScopesGuard {
  protected override rejectionOf(): Error {
    return undefined as unknown as Error;
  }
}

@Injectable()
class CheerfulGuard extends ScopesGuard {
  protected override rejectionOf(): Error {
    return new HttpException({ ok: true }, 200);
  }
}

@Injectable()
class LateGuard extends ScopesGuard {
  protected override rejectionOf(): Error {
    return Promise.resolve(true) as unknown as Error;
  }
}

describe.each(ADAPTERS)('code of an application on %s, behind the guard', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    const authenticator: Authenticator = {
      recognizes: (token) => token === 'session-of-ada',
      authenticate: async () => ({
        actor: 'user:ada',
        scopes: ['memory:read'],
        boundByMaxTtl: true,
        grant: { scopes: ['memory:read'], allowedIps: [], rateLimits: [], ownerId: 'ada' },
      }),
    };
    host = await startMemoriesHost(
      adapter,
      {},
      {
        imports: [
          {
            module: class AuthModule {},
            global: true,
            providers: [{ provide: AUTHENTICATOR, useValue: authenticator }],
            exports: [AUTHENTICATOR],
          },
        ],
        controllers: [HandsController],
        providers: [
          { provide: APP_INTERCEPTOR, useClass: WhoInterceptor },
          { provide: APP_FILTER, useClass: ProblemFilter },
        ],
      },
    );
  });
  afterAll(async () => host.close());
  beforeEach(() => seen.splice(0));

  it.each(['acme', 'globex'])(
    'reads the key, the caller and the tenant from a request of %s',
    async (orgId) => {
      const { key, token } = await host.issue({ orgId });
      const { status, body } = await host.as(token).get('/hands/request');
      expect([status, body]).toEqual([
        200,
        {
          key: key.id,
          actor: `key:${key.id}`,
          tenant: { orgId },
          sameKey: true,
          ofNode: key.id,
          ofCopy: null,
        },
      ]);
      expect(seen).toEqual([orgId]);
    },
  );

  it('finds no key on a public route, even if the client sends one', async () => {
    const { token } = await host.issue({ orgId: 'acme' });
    expect((await host.as(token).get('/hands/open')).body).toEqual({ isKnown: false });
    expect(seen).toEqual([undefined]);
  });

  it('creates keys as the caller, and gets 403 for scopes that the caller lacks', async () => {
    const { token } = await host.issue({ orgId: 'acme', scopes: ['api-keys:write', 'memory:*'] });
    const narrow = await host.issue({ orgId: 'globex', scopes: ['api-keys:write'] });
    expect((await host.as(token).post('/hands/keys')).body).toEqual({ orgId: 'acme' });
    expect(await host.as(narrow.token).post('/hands/keys')).toMatchObject({
      status: 403,
      body: { code: 'delegation_exceeded' },
    });
  });

  it('gets the user as the caller and no key if the request has a session', async () => {
    const { status, body } = await host.as('session-of-ada').get('/hands/session');
    expect([status, body]).toEqual([200, { actor: 'user:ada', key: null, same: true }]);
  });

  it('can inject the module options that it configured', () => {
    expect(host.app.get<ApiKeysOptions>(API_KEYS_OPTIONS)).toMatchObject({ storage: 'memory' });
  });
});

describe.each(ADAPTERS)(
  'a subclass of ScopesGuard on %s with its own credential, tenant and address sources',
  (adapter) => {
    let host: MemoriesHost;
    const at = async (organisation: string, headers: Record<string, string>) =>
      host.as().get('/orgs/ignored/memories', {
        'X-Forwarded-Host': `${organisation}.memories.test`,
        'CF-Connecting-IP': '203.0.113.7',
        ...headers,
      });

    beforeAll(async () => {
      host = await startMemoriesHost(adapter, { guard: { use: HostGuard } });
    });
    afterAll(async () => host.close());

    it('reads the token from a cookie, the tenant from the host name and the address from a header', async () => {
      const { token } = await host.issue({
        orgId: 'acme',
        scopes: ['memory:read'],
        allowedIps: ['203.0.113.0/24'],
      });
      const Cookie = `a=b; key=${token}`;
      expect(await at('acme', { Cookie })).toMatchObject({
        status: 200,
        body: { tenant: { orgId: 'acme' } },
      });
      expect(await at('globex', { Cookie })).toMatchObject({ status: 403 });
      expect(await at('acme', { Cookie, 'CF-Connecting-IP': '198.51.100.7' })).toMatchObject({ status: 403 });
    });

    it('sends errors in its own format, with the status and headers of the rejection', async () => {
      const { status, headers, body } = await at('acme', {});
      expect([status, body]).toEqual([
        401,
        { error: { type: 'missing_credential', message: expect.any(String) } },
      ]);
      expect(headers.get('www-authenticate')).toBe('Bearer realm="keyward"');
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(headers.get('cache-control')).toBe('no-store');
    });

    it('does not change the error format of Keyward’s own routes', async () => {
      const { status, body } = await host.as().get('/v1/api-keys');
      expect([status, body['code']]).toEqual([401, 'missing_credential']);
    });

    it('does not change the format of other errors', async () => {
      expect((await host.as().get('/no-such-route')).body).toMatchObject({ statusCode: 404 });
    });
  },
);

describe.each(ADAPTERS)('a rejected request on %s', (adapter) => {
  it.each([SilentGuard, CheerfulGuard, LateGuard])(
    'gets a 401 problem even if guard.use is %p, whose rejectionOf() is invalid',
    async (use) => {
      const host = await startMemoriesHost(adapter, { guard: { use } });
      try {
        const { status, headers } = await host.as().get('/whoami');
        expect([status, headers.get('content-type')]).toEqual([
          401,
          expect.stringMatching(/^application\/problem\+json/),
        ]);
      } finally {
        await host.close();
      }
    },
  );
});

describe('a script without HTTP', () => {
  it('manages keys in an application context', async () => {
    @Module({ imports: [ApiKeysModule.forRoot({ storage: 'memory' })] })
    class ScriptModule {}
    const context = await NestFactory.createApplicationContext(ScriptModule, { logger: false });
    try {
      const keys = context.get(ApiKeysService);
      const { key } = await keys.create(rootCaller('script'), { name: 'nightly', scopes: [], orgId: 'acme' });
      expect(await keys.get(rootCaller('script'), key.id)).toMatchObject({ orgId: 'acme' });
    } finally {
      await context.close();
    }
  });
});

describe('a request that Express forwards to another route', () => {
  @Controller('first')
  class FirstController {
    @Get()
    @SelfScoped()
    @Authenticated()
    forward(@Next() next: () => void): void {
      next();
    }
  }

  @Controller()
  class SecondController {
    @Get('*rest')
    @Public()
    open(@Req() request: Extended): object {
      return { isKnown: request.keyward !== undefined || apiKeyOf(request) !== undefined };
    }
  }

  it('has no key on a public route', async () => {
    const host = await startMemoriesHost('express', {}, { controllers: [FirstController, SecondController] });
    try {
      const { token } = await host.issue({ orgId: 'acme' });
      expect((await host.as(token).get('/first')).body).toEqual({ isKnown: false });
    } finally {
      await host.close();
    }
  });
});
