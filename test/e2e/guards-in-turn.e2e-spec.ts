import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Injectable, Module, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import {
  ApiKeysModule,
  ApiKeysService,
  CurrentApiKey,
  type CurrentKey,
  type HttpRequest,
  KeyVerifier,
  nodeRequestOf,
  RequireScopes,
  rootCaller,
  ScopesGuard,
  SelfScoped,
  Tenant,
  type TenantContext,
} from 'keyward';
import { ADAPTERS, type RunningHost, startHost } from '../support/two-adapters';

/** Takes the organisation from the host name that a proxy forwards. */
@Injectable()
class HostGuard extends ScopesGuard {
  protected override tenantOf(request: HttpRequest): TenantContext {
    const host = nodeRequestOf(request).headers['x-forwarded-host']?.toString() ?? '';
    return { orgId: host.split('.')[0] };
  }
}

@Controller('by-host/:orgId')
class ByHostController {
  @Get()
  @UseGuards(HostGuard)
  @RequireScopes('memory:read')
  list(@Tenant() tenant: TenantContext): object {
    return { tenant };
  }
}

type ExpressRequest = IncomingMessage & { app(request: IncomingMessage, response: ServerResponse): void };

/** Passes a request to itself under another path, like a host that rewrites paths or processes batches. */
@Controller('orgs/:orgId/memories')
class RewritingController {
  @Get()
  @RequireScopes('memory:read')
  list(
    @Req() request: ExpressRequest,
    @Res() response: ServerResponse,
    @Param('orgId') orgId: string,
    @Tenant() tenant: TenantContext,
    @Query('then') then?: string,
  ): void {
    if (then === undefined) {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ orgId, tenant }));
      return;
    }
    request.url = `/orgs/${then}/memories`;
    request.app(request, response);
  }
}

/** A controller with the guard of the staff keys, in the module that imports them. */
@Controller('staff')
@UseGuards(ScopesGuard)
class StaffController {
  @Get('whoami')
  @RequireScopes('api-keys:read')
  @SelfScoped()
  whoami(@CurrentApiKey() { name }: CurrentKey): object {
    return { name };
  }
}

const [CUSTOMER_KEYS, STAFF_KEYS] = [Symbol('customer keys'), Symbol('staff keys')];

@Module({
  imports: [ApiKeysModule.forRoot({ storage: 'memory', routes: false })],
  providers: [{ provide: CUSTOMER_KEYS, useExisting: ApiKeysService }],
})
class CustomersModule {}

@Module({
  imports: [ApiKeysModule.forRoot({ storage: 'memory', guard: false })],
  controllers: [StaffController],
  providers: [{ provide: STAFF_KEYS, useExisting: ApiKeysService }],
})
class StaffModule {}

const issueBy = async (keys: ApiKeysService, orgId: string): Promise<string> => {
  const scopes = ['api-keys:read', 'api-keys:write', 'memory:read'];
  return (await keys.create(rootCaller('system'), { name: `key of ${orgId}`, scopes, orgId })).token;
};

describe.each(ADAPTERS)(
  'an application on %s with two key stores and the guard of one store as global guard',
  (adapter) => {
    let host: RunningHost;
    let customer: string;
    let staff: string;

    beforeAll(async () => {
      host = await startHost(adapter, { imports: [CustomersModule, StaffModule] });
      customer = await issueBy(host.app.get<ApiKeysService>(CUSTOMER_KEYS), 'acme');
      staff = await issueBy(host.app.get<ApiKeysService>(STAFF_KEYS), 'acme');
    });

    afterAll(async () => host.close());

    it('rejects a key of one store with 401 on the management and guarded routes of the other [T47]', async () => {
      const listed = await host.as(customer).get('/v1/api-keys');
      const made = await host
        .as(customer)
        .post('/v1/api-keys', { name: 'planted', scopes: ['api-keys:read'] });
      const asked = await host.as(customer).get('/staff/whoami');

      for (const answer of [listed, made, asked]) {
        expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_token']);
      }
      const { data } = await host.app
        .get<ApiKeysService>(STAFF_KEYS)
        .list(rootCaller('system'), { limit: 10 });
      expect(data.map(({ name }) => name)).toEqual(['key of acme']);
    });

    it('runs the global guard on the routes of both stores', async () => {
      expect((await host.as(staff).get('/staff/whoami')).status).toBe(401);
      expect((await host.as().get('/v1/api-keys')).status).toBe(401);
    });
  },
);

describe.each(ADAPTERS)('a custom guard on %s after the global guard', (adapter) => {
  it('rejects a key with 403 if the tenant of the path or its own tenant does not match [T47]', async () => {
    const host = await startHost(adapter, {
      imports: [ApiKeysModule.forRoot({ storage: 'memory', routes: false })],
      controllers: [ByHostController],
      providers: [HostGuard],
    });
    const acme = await issueBy(host.app.get(ApiKeysService), 'acme');
    const globex = await issueBy(host.app.get(ApiKeysService), 'globex');
    const ask = async (token: string, path: string, name: string): Promise<unknown[]> => {
      const { status, body } = await host.as(token).get(path, { 'X-Forwarded-Host': `${name}.example.com` });
      return [status, body['code'] ?? body['tenant']];
    };
    const answers = [
      await ask(acme, '/by-host/acme', 'acme'),
      await ask(acme, '/by-host/acme', 'globex'),
      await ask(acme, '/by-host/globex', 'acme'),
      await ask(globex, '/by-host/globex', 'acme'),
      await ask(globex, '/by-host/globex', 'globex'),
    ];
    await host.close();

    expect(answers).toEqual([
      [200, { orgId: 'acme' }],
      [403, 'binding_mismatch'],
      [403, 'binding_mismatch'],
      [403, 'binding_mismatch'],
      [200, { orgId: 'globex' }],
    ]);
  });
});

describe('a request on Express that is forwarded to the same handler with another path', () => {
  it('is checked again for the tenant in the new path [T46]', async () => {
    const host = await startHost('express', {
      imports: [ApiKeysModule.forRoot({ storage: 'memory', routes: false })],
      controllers: [RewritingController],
    });
    const acme = await issueBy(host.app.get(ApiKeysService), 'acme');
    const verify = jest.spyOn(host.app.get(KeyVerifier), 'verifyNow');
    const own = await host.as(acme).get('/orgs/acme/memories?then=acme');
    const other = await host.as(acme).get('/orgs/acme/memories?then=globex');
    await host.close();

    expect([own.status, own.body]).toEqual([200, { orgId: 'acme', tenant: { orgId: 'acme' } }]);
    expect([other.status, other.body['code']]).toEqual([403, 'binding_mismatch']);
    expect(verify).toHaveBeenCalledTimes(4);
  });
});
