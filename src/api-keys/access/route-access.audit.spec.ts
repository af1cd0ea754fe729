import type { ApiKeysOptions } from '../options/api-keys.options';
import { Controller, Get, Injectable, type Type, UseGuards } from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { Test } from '@nestjs/testing';
import { ConfigurationError } from '../../problems/configuration.error';
import type { ApiKeysModuleSettings } from './module-settings';
import { Authenticated, Public, RequireScopes, TenantHeaders } from './access.decorators';
import { RouteAccessAudit } from './route-access.audit';
import { ScopesGuard } from './scopes.guard';

@Controller('memories')
class Memories {
  @Get()
  @RequireScopes('memory:read')
  list(this: void): void {}

  @Get('own')
  @Authenticated()
  own(this: void): void {}

  @Get('open')
  @Public()
  open(this: void): void {}
}

@Controller('legacy')
class Legacy {
  @Get()
  list(this: void): void {}
}

@Injectable()
class OwnGuard extends ScopesGuard {}

class ForeignGuard {
  canActivate(this: void): boolean {
    return true;
  }
}

@Controller('archive')
class Archive {
  @Get()
  @UseGuards(ForeignGuard, ScopesGuard)
  @Authenticated()
  list(this: void): void {}
}

@Controller('reports')
@UseGuards(OwnGuard)
@Authenticated()
class Reports {
  @Get()
  list(this: void): void {}
}

@Controller('exports')
@UseGuards(ForeignGuard)
class Exports {
  @Get()
  @TenantHeaders()
  list(this: void): void {}
}

/** Returns the message with which the start fails; `undefined` if it succeeds. */
async function startOf(
  controllers: readonly Type[],
  guards: (applicationConfig: ApplicationConfig) => void = () => undefined,
  settings: ApiKeysModuleSettings = { guard: false },
): Promise<string | undefined> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers: [...controllers],
  })
    .useMocker(() => ({}))
    .compile();
  const applicationConfig = new ApplicationConfig();
  guards(applicationConfig);
  const audit = new RouteAccessAudit(
    module.get(DiscoveryService),
    module.get(MetadataScanner),
    applicationConfig,
    settings,
  );
  try {
    audit.onApplicationBootstrap();
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message;
  }
}

/** A guard with these options, by default those of the module. */
function guardOf(Guard: Type<ScopesGuard>, moduleOptions?: ApiKeysOptions): ScopesGuard {
  return Object.assign(Object.create(Guard.prototype as object) as ScopesGuard, { moduleOptions });
}

const guardedByAnotherImport = (config: ApplicationConfig): void =>
  config.addGlobalGuard(guardOf(ScopesGuard, { storage: 'memory' }));
const guardedGlobally = (config: ApplicationConfig): void => config.addGlobalGuard(guardOf(ScopesGuard));
const guardedByOwn = (config: ApplicationConfig): void => config.addGlobalGuard(guardOf(OwnGuard));
const guardedPerRequest = (config: ApplicationConfig): void =>
  config.addGlobalRequestGuard({ metatype: OwnGuard } as unknown as InstanceWrapper);
const guardedByForeign = (config: ApplicationConfig): void => {
  config.addGlobalGuard(new ForeignGuard());
  config.addGlobalRequestGuard({ metatype: ForeignGuard } as unknown as InstanceWrapper);
  config.addGlobalRequestGuard({ metatype: null } as unknown as InstanceWrapper);
};

describe('an application with a global guard', () => {
  it.each([
    ['ScopesGuard', guardedGlobally],
    ['a subclass of it', guardedByOwn],
    ['a request-scoped subclass', guardedPerRequest],
  ])('starts only if every route declares its access: %s', async (_which, guards) => {
    expect(await startOf([Memories, Archive, Reports, Exports], guards)).toMatch(
      /^these routes declare no access: GET \/exports \(Exports.list\)\. /,
    );
    expect(await startOf([Memories, Archive, Reports], guards)).toBeUndefined();
  });

  it('does not start if routes declare no access, names each and states what to add', async () => {
    expect(await startOf([Legacy, Memories, Exports], guardedGlobally)).toBe(
      'these routes declare no access: GET /legacy (Legacy.list); GET /exports (Exports.list). ' +
        'Add @RequireScopes(…), @RequireAnyScope(…), @Authenticated() or @Public().',
    );
  });

  it('starts despite routes that declare no access if undeclaredRoutes is deny', async () => {
    expect(
      await startOf([Legacy, Memories], guardedGlobally, { guard: { undeclaredRoutes: 'deny' } }),
    ).toBeUndefined();
    expect(await startOf([Legacy], guardedGlobally, { guard: { undeclaredRoutes: 'refuse' } })).toContain(
      'Legacy.list',
    );
  });
});

describe('an application with guards on single routes', () => {
  it('starts if each decorated route or its class has ScopesGuard or a subclass', async () => {
    expect(await startOf([Archive, Reports])).toBeUndefined();
  });

  it('starts with undeclared routes if the global guard belongs to another import of Keyward', async () => {
    expect(await startOf([Legacy, Archive], guardedByAnotherImport)).toBeUndefined();
    expect(await startOf([Legacy, Archive], guardedGlobally)).toContain('Legacy.list');
  });

  it('starts with undeclared routes if there is no global guard', async () => {
    expect(await startOf([Legacy, Archive])).toBeUndefined();
  });

  it.each([
    ['no guard', () => undefined],
    ['only a foreign guard', guardedByForeign],
  ])(
    'does not start if %s enforces access decorators, and names all affected routes except public ones',
    async (_who, guards) => {
      expect(await startOf([Memories, Archive, Exports], guards)).toBe(
        'no ScopesGuard enforces the access decorators of these routes: GET /memories (Memories.list); ' +
          'GET /memories/own (Memories.own); GET /exports (Exports.list). ' +
          'Add @UseGuards(ScopesGuard), or remove guard: false.',
      );
    },
  );

  it('does not start if the guard of the module is not among the global guards', async () => {
    expect(await startOf([Memories], undefined, { guard: { undeclaredRoutes: 'deny' } })).toContain(
      'ScopesGuard is not among the global guards',
    );
  });
});
