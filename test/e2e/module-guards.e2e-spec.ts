import {
  type CanActivate,
  Controller,
  Get,
  Injectable,
  Module,
  type ModuleMetadata,
  type Provider,
  Scope,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  ApiKeysModule,
  ApiKeysService,
  RequireScopes,
  rootCaller,
  ScopesGuard,
  Tenant,
  type TenantContext,
} from 'keyward';
import { ADAPTERS, type HostPreparation, type RunningHost, startHost } from '../support/two-adapters';

const keyward = ApiKeysModule.forRoot({ storage: 'memory', guard: false, routes: false });

@Injectable()
class OwnGuard extends ScopesGuard {}

@Injectable()
class LenientGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

class Memories {
  @Get()
  @RequireScopes('memory:read')
  list(@Tenant() tenant: TenantContext): object {
    return { tenant };
  }
}

@Controller('orgs/:orgId/memories')
@UseGuards(ScopesGuard)
class ClassGuardedController extends Memories {
  @Get('plain')
  plain(): void {}
}

@Controller('orgs/:orgId/memories')
class MethodGuardedController {
  @Get()
  @UseGuards(LenientGuard, ScopesGuard)
  @RequireScopes('memory:read')
  list(@Tenant() tenant: TenantContext): object {
    return { tenant };
  }
}

@Controller('orgs/:orgId/memories')
class HeirOfGuardedController extends ClassGuardedController {}

@Controller('orgs/:orgId/memories')
@UseGuards(OwnGuard)
class OwnGuardedController extends Memories {}

@Controller('orgs/:orgId/memories')
class PlainController extends Memories {}

/** Returns a feature module of the host that does not import Keyward. */
function featureOf(controller: Type): Type {
  @Module({ controllers: [controller] })
  class FeatureModule {}
  return FeatureModule;
}

const withGuard = (guard: Provider): ModuleMetadata => ({
  imports: [keyward, featureOf(PlainController)],
  providers: [OwnGuard, guard],
});

const ways: [way: string, metadata: ModuleMetadata, prepare: HostPreparation][] = [
  ['@UseGuards on the class', { imports: [featureOf(ClassGuardedController), keyward] }, {}],
  ['@UseGuards on the method', { imports: [keyward, featureOf(MethodGuardedController)] }, {}],
  ['@UseGuards on the base class', { imports: [keyward, featureOf(HeirOfGuardedController)] }, {}],
  ['@UseGuards with a subclass of ScopesGuard', { imports: [keyward, featureOf(OwnGuardedController)] }, {}],
  ['APP_GUARD and ScopesGuard', withGuard({ provide: APP_GUARD, useExisting: ScopesGuard }), {}],
  ['APP_GUARD and an existing subclass', withGuard({ provide: APP_GUARD, useExisting: OwnGuard }), {}],
  ['APP_GUARD and a subclass as useClass', withGuard({ provide: APP_GUARD, useClass: OwnGuard }), {}],
  [
    'APP_GUARD and a factory',
    withGuard({ provide: APP_GUARD, useFactory: (guard: OwnGuard) => guard, inject: [OwnGuard] }),
    {},
  ],
  [
    'APP_GUARD and a request-scoped subclass',
    withGuard({ provide: APP_GUARD, useClass: OwnGuard, scope: Scope.REQUEST }),
    {},
  ],
  [
    'app.useGlobalGuards',
    { imports: [keyward, featureOf(PlainController)] },
    { app: (app) => app.useGlobalGuards(app.get(ScopesGuard)) },
  ],
];

describe.each(ADAPTERS)('an application on %s without Keyward’s global guard', (adapter) => {
  describe.each(ways)('with %s', (_way, metadata, prepare) => {
    let host: RunningHost;
    let acme: string;
    let globex: string;
    let poor: string;

    beforeAll(async () => {
      host = await startHost(adapter, metadata, prepare);
      const issue = async (orgId: string, ...scopes: readonly string[]): Promise<string> =>
        (await host.app.get(ApiKeysService).create(rootCaller('system'), { name: 'test', scopes, orgId }))
          .token;
      acme = await issue('acme', 'memory:read');
      globex = await issue('globex', 'memory:read');
      poor = await issue('acme', 'memory:write');
    });

    afterAll(async () => host.close());

    it('starts, and allows each tenant only on its own routes', async () => {
      const path = '/orgs/acme/memories';
      const own = await host.as(acme).get(path);
      const other = await host.as(globex).get(path);
      const lacking = await host.as(poor).get(path);
      const stranger = await host.as().get(path);

      expect([own.status, own.body]).toEqual([200, { tenant: { orgId: 'acme' } }]);
      expect([other.status, other.body['code']]).toEqual([403, 'binding_mismatch']);
      expect([lacking.status, lacking.body['code']]).toEqual([403, 'insufficient_scope']);
      expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="keyward"',
      ]);
    });
  });

  it('rejects requests to an undeclared route of a guarded class with 403', async () => {
    const host = await startHost(adapter, { imports: [keyward, featureOf(ClassGuardedController)] });
    const answer = await host.as().get('/orgs/acme/memories/plain');
    await host.close();

    expect([answer.status, answer.body['code']]).toEqual([403, 'access_undeclared']);
  });

  it('guards the management routes with the guard of the host', async () => {
    const host = await startHost(adapter, {
      imports: [ApiKeysModule.forRoot({ storage: 'memory', guard: false })],
      providers: [{ provide: APP_GUARD, useClass: OwnGuard }],
    });
    const answer = await host.as().get('/v1/api-keys');
    await host.close();

    expect([answer.status, answer.body['code']]).toEqual([401, 'missing_credential']);
  });
});
