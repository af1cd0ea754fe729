import {
  type CanActivate,
  Controller,
  Get,
  Injectable,
  Module,
  Post,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  ApiKeysModule,
  Authenticated,
  ConfigurationError,
  Public,
  RequireScopes,
  ScopesGuard,
  SelfScoped,
  TenantHeaders,
} from 'keyward';
import { ADAPTERS, refusalOf } from '../support/two-adapters';

const keyward = ApiKeysModule.forRoot({ storage: 'memory', guard: false, routes: false });

@Injectable()
class LenientGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

class Memories {
  @Get()
  @RequireScopes('memory:read')
  list(): void {}
}

@Controller('orgs/:orgId/memories')
class UnguardedController extends Memories {
  @Post()
  @Authenticated()
  add(): void {}

  @Get('open')
  @Public()
  open(): void {}

  @Get('plain')
  plain(): void {}
}

@Controller('orgs/:orgId/memories')
@UseGuards(LenientGuard)
class LenientlyGuardedController extends Memories {}

@Controller('half')
class HalfDeclaredController {
  @Get('self')
  @SelfScoped()
  self(): void {}

  @Get('headers')
  @TenantHeaders()
  headers(): void {}
}

@Controller('orgs/:orgId/memories')
class PartlyGuardedController {
  @Get()
  @UseGuards(ScopesGuard)
  @RequireScopes('memory:read')
  list(): void {}

  @Post()
  @RequireScopes('memory:write')
  add(): void {}
}

/** Returns a feature module of the host that does not import Keyward. */
function featureOf(controller: Type): Type {
  @Module({ controllers: [controller] })
  class FeatureModule {}
  return FeatureModule;
}

describe.each(ADAPTERS)('an application on %s without ScopesGuard', (adapter) => {
  it('does not start if nothing enforces its decorators, and names the routes [T9]', async () => {
    const refusal = await refusalOf(adapter, { imports: [keyward, featureOf(UnguardedController)] });

    expect(refusal).toEqual(
      new ConfigurationError(
        'no ScopesGuard enforces the access decorators of these routes: ' +
          'POST /orgs/:orgId/memories (UnguardedController.add); ' +
          'GET /orgs/:orgId/memories (UnguardedController.list). ' +
          'Add @UseGuards(ScopesGuard), or remove guard: false.',
      ),
    );
  });

  it('does not start even if its routes declare only @SelfScoped() or @TenantHeaders()', async () => {
    const refusal = await refusalOf(adapter, { imports: [keyward, featureOf(HalfDeclaredController)] });

    expect(refusal).toBeInstanceOf(ConfigurationError);
    expect(refusal.message).toContain(
      'GET /half/self (HalfDeclaredController.self); GET /half/headers (HalfDeclaredController.headers)',
    );
  });

  it('names only the methods without ScopesGuard in the error', async () => {
    const refusal = await refusalOf(adapter, { imports: [keyward, featureOf(PartlyGuardedController)] });

    expect(refusal.message).toContain('PartlyGuardedController.add');
    expect(refusal.message).not.toContain('PartlyGuardedController.list');
  });

  it('does not start if it uses another guard instead of ScopesGuard', async () => {
    const refusal = await refusalOf(adapter, {
      imports: [keyward, featureOf(LenientlyGuardedController)],
      providers: [{ provide: APP_GUARD, useClass: LenientGuard }],
    });

    expect(refusal.message).toContain('LenientlyGuardedController.list');
  });

  it('does not start with undeclared routes even if it adds ScopesGuard globally', async () => {
    const refusal = await refusalOf(
      adapter,
      { imports: [keyward, featureOf(UnguardedController)] },
      { app: (app) => app.useGlobalGuards(app.get(ScopesGuard)) },
    );

    expect(refusal.message).toContain('these routes declare no access: GET /orgs/:orgId/memories/plain');
  });
});
