import compress from '@fastify/compress';
import { CACHE_MANAGER, CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import {
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  Req,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import type { Cache } from 'cache-manager';
import compression from 'compression';
import helmet from 'helmet';
import { SignJWT } from 'jose';
import {
  apiKeyOf,
  Authenticated,
  type HttpRequest,
  Public,
  RequireScopes,
  SelfScoped,
  Tenant,
  type TenantContext,
} from 'keyward';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';

const SECRET = 'a secret of the identity provider of these tests';

/** Limits requests of each key, and of each address without a key. */
@Injectable()
class KeyThrottlerGuard extends ThrottlerGuard {
  protected override async getTracker(request: HttpRequest & { readonly ip: string }): Promise<string> {
    return apiKeyOf(request)?.id ?? request.ip;
  }
}

/** Imported after `ApiKeysModule`, so that its guard runs after `ScopesGuard`. */
@Module({
  imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: 2 }])],
  providers: [{ provide: APP_GUARD, useClass: KeyThrottlerGuard }],
})
class LimitsModule {}

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: SECRET });
  }

  validate({ sub }: { readonly sub: string }): object {
    return { name: sub };
  }
}

/** Caches one response for each key and tenant, instead of one for each URL. */
@Injectable()
class KeyCacheInterceptor extends CacheInterceptor {
  protected override trackBy(context: ExecutionContext): string | undefined {
    const url = super.trackBy(context);
    const key = apiKeyOf(context);
    return typeof url === 'string' && key !== undefined ? `${key.id} ${url}` : undefined;
  }
}

let computed = 0;

@Controller('companions')
class CompanionsController {
  @Get('people')
  @Public()
  @UseGuards(AuthGuard('jwt'))
  people(@Req() request: { readonly user: object }): object {
    return request.user;
  }

  @Get('machines')
  @SelfScoped()
  @Authenticated()
  machines(@Tenant() { orgId }: TenantContext): object {
    return { orgId };
  }

  @Get('long')
  @SelfScoped()
  @Authenticated()
  long(): object {
    return { memories: 'acme remembers '.repeat(1000) };
  }
}

@Controller('cached')
class CachedController {
  @Get()
  @SelfScoped()
  @RequireScopes('memory:read')
  @UseInterceptors(KeyCacheInterceptor)
  cached(@Tenant() { orgId }: TenantContext): object {
    computed += 1;
    return { orgId, computed };
  }
}

async function personalToken(name: string): Promise<string> {
  return new SignJWT({ sub: name })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(Buffer.from(SECRET));
}

describe.each(ADAPTERS)('an application on %s', (adapter) => {
  let host: MemoriesHost;
  afterEach(async () => host.close());

  it('limits requests per key with ThrottlerGuard, and does not count requests without a key', async () => {
    host = await startMemoriesHost(
      adapter,
      {},
      { imports: [LimitsModule], controllers: [CompanionsController] },
    );
    const [acme, globex] = [await host.issue({ orgId: 'acme' }), await host.issue({ orgId: 'globex' })];
    const statusOf = async (token?: string): Promise<number> =>
      (await host.as(token).get('/companions/machines')).status;
    for (let request = 0; request < 3; request += 1) expect(await statusOf()).toBe(401);
    expect([await statusOf(acme.token), await statusOf(acme.token), await statusOf(acme.token)]).toEqual([
      200, 200, 429,
    ]);
    expect(await statusOf(globex.token)).toBe(200);
  });

  it('accepts Passport users and API keys, each only on its own routes', async () => {
    host = await startMemoriesHost(
      adapter,
      {},
      { imports: [PassportModule], providers: [JwtStrategy], controllers: [CompanionsController] },
    );
    const { token } = await host.issue({ orgId: 'acme' });
    const ada = await personalToken('ada');
    expect(await host.as(ada).get('/companions/people')).toMatchObject({
      status: 200,
      body: { name: 'ada' },
    });
    expect(await host.as(token).get('/companions/people')).toMatchObject({ status: 401 });
    expect(await host.as(token).get('/companions/machines')).toMatchObject({
      status: 200,
      body: { orgId: 'acme' },
    });
    expect(await host.as(ada).get('/companions/machines')).toMatchObject({ status: 401 });
  });

  it('caches responses per key with CacheInterceptor, never for other tenants or revoked keys', async () => {
    host = await startMemoriesHost(
      adapter,
      {},
      { imports: [CacheModule.register({ ttl: 60_000 })], controllers: [CachedController] },
    );
    const scopes = ['memory:read'];
    const acme = await host.issue({ orgId: 'acme', scopes });
    const globex = await host.issue({ orgId: 'globex', scopes });
    const read = async (token: string) => host.as(token).get('/cached');
    const first = await read(acme.token);
    expect(first.body).toMatchObject({ orgId: 'acme' });
    expect((await read(acme.token)).body).toEqual(first.body);
    expect((await read(globex.token)).body).toMatchObject({ orgId: 'globex' });
    await host.revoke(acme);
    expect(await read(acme.token)).toMatchObject({ status: 401 });
    await host.app.get<Cache>(CACHE_MANAGER).clear();
  });

  it('sends the headers of Keyward together with those of helmet and compression', async () => {
    host = await startMemoriesHost(
      adapter,
      {},
      { controllers: [CompanionsController] },
      {
        app: (app) => {
          app.use(helmet());
          if (adapter === 'express') app.use(compression());
          else void (app as NestFastifyApplication).register(compress);
        },
      },
    );
    const { token } = await host.issue({ orgId: 'acme' });
    const { status, headers, body } = await host
      .as(token)
      .get('/companions/long', { 'Accept-Encoding': 'gzip' });
    expect([status, body['memories']]).toEqual([200, expect.stringContaining('acme')]);
    expect(headers.get('content-encoding')).toBe('gzip');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('strict-transport-security')).toMatch(/max-age/);
    expect(headers.get('vary')?.toLowerCase().split(/, */)).toEqual(
      expect.arrayContaining(['authorization', 'x-api-key', 'accept-encoding']),
    );
    const rejected = await host.as('kw_stranger').get('/companions/long');
    expect(rejected).toMatchObject({ status: 401, body: { code: 'malformed_token' } });
    expect(rejected.headers.get('strict-transport-security')).toMatch(/max-age/);
  });
});
