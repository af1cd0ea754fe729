import { Inject, Injectable, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ConfigurationError } from '../../problems/configuration.error';
import { declarationsOn } from './access-declaration';
import { discoverMessageHandlers } from './message-handlers';
import { API_KEYS_SETTINGS, type ApiKeysModuleSettings, isScopesGuard } from './module-settings';
import { resolversToAudit } from './resolver-audit';
import { compileRouteAccess } from './route-access';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { ScopesGuard } from './scopes.guard';
import { type DiscoveredRoute, discoverRoutes } from '../../http/route-discovery';

/**
 * Checks every route when the application starts. The start fails if:
 *
 * - a route has access decorators but no guard that enforces them
 * - a globally guarded route or GraphQL root field declares no access
 * - a handler of microservices has access decorators, which are not enforced for it
 *
 * `GatewayAudit` checks the gateways of WebSockets.
 */
@Injectable()
export class RouteAccessAudit implements OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly applicationConfig: ApplicationConfig,
    @Inject(API_KEYS_SETTINGS) private readonly settings: ApiKeysModuleSettings,
  ) {}

  /** @throws ConfigurationError that names every invalid route or handler */
  onApplicationBootstrap(): void {
    const { guard = {} } = this.settings;
    const ownModule = this.discovery.getProviders().find(({ instance }) => instance === this)?.host;
    // Not injected: request-scoped options would make this audit request-scoped, and Nest would never call it.
    const options = ownModule?.getProviderByKey<ApiKeysOptions>(API_KEYS_OPTIONS);
    if (options?.isDependencyTreeStatic() === false) {
      throw new ConfigurationError(
        'the options of Keyward depend on a request: use a factory and providers with the default scope.',
      );
    }
    const globalGuards = this.globalGuards();
    const guardedGlobally = globalGuards.length > 0;
    if (guard !== false && !guardedGlobally) {
      throw new ConfigurationError(
        'ScopesGuard is not among the global guards: it is request-scoped, or something replaced it. Use a guard and dependencies with the default scope.',
      );
    }
    this.requireNoDeclaredMessages();
    const undeclared: string[] = [];
    const unguarded: string[] = [];
    for (const resolver of resolversToAudit(this.discovery, this.scanner, guardedGlobally)) {
      const { kind } = compileRouteAccess(resolver.controller, resolver.handler);
      if (kind === 'undeclared' && guardedGlobally) undeclared.push(resolver.label);
      if (kind !== 'public' && isDeclared(resolver) && !hasOwnGuard(resolver) && !guardedGlobally)
        unguarded.push(resolver.label);
    }
    for (const route of discoverRoutes(this.discovery, this.scanner)) {
      const { kind } = compileRouteAccess(route.controller, route.handler);
      if (kind === 'undeclared' && guardedGlobally) undeclared.push(route.label);
      // For the module's own routes a global guard does not count: it may belong to another module, with another store.
      const guarded = hasOwnGuard(route) || (guardedGlobally && route.module !== ownModule);
      if (kind !== 'public' && isDeclared(route) && !guarded) {
        unguarded.push(route.label);
      }
    }
    if (unguarded.length > 0) {
      throw new ConfigurationError(
        `no ScopesGuard enforces the access decorators of these routes: ${unguarded.join('; ')}. ` +
          'Add @UseGuards(ScopesGuard), or remove guard: false.',
      );
    }
    // With `guard: false`, a global guard may belong to another import, which does its own check.
    const checks =
      guard === false
        ? globalGuards.some((each) => !(each instanceof ScopesGuard) || each.goesBy(options?.instance))
        : guard.undeclaredRoutes !== 'deny';
    if (undeclared.length > 0 && checks) {
      throw new ConfigurationError(
        `these routes declare no access: ${undeclared.join('; ')}. ` +
          'Add @RequireScopes(…), @RequireAnyScope(…), @Authenticated() or @Public().',
      );
    }
  }

  private requireNoDeclaredMessages(): void {
    const open = discoverMessageHandlers(this.discovery, this.scanner).filter(
      (handler) =>
        isDeclared(handler) &&
        compileRouteAccess(handler.controller, handler.handler).kind !== 'public' &&
        !hasOwnGuard(handler),
    );
    if (open.length === 0) return;
    throw new ConfigurationError(
      `these handlers of microservices declare access, which is not enforced for them: ${open.map(({ label }) => label).join('; ')}. ` +
        'Move them to a class without access decorators, or reject all their messages with @UseGuards(ScopesGuard).',
    );
  }

  private globalGuards(): readonly unknown[] {
    const guards: readonly unknown[] = [
      ...this.applicationConfig.getGlobalGuards(),
      ...this.applicationConfig.getGlobalRequestGuards().map((wrapper) => wrapper.metatype),
    ];
    return guards.filter(isScopesGuard);
  }
}

type Handled = Pick<DiscoveredRoute, 'controller' | 'handler'>;

function isDeclared({ controller, handler }: Handled): boolean {
  return declarationsOn(controller).length + declarationsOn(handler).length > 0;
}

function hasOwnGuard({ controller, handler }: Handled): boolean {
  return [controller, handler].some((holder: Type | object) => {
    const guards = Reflect.getMetadata(GUARDS_METADATA, holder) as readonly unknown[] | undefined;
    return guards?.some(isScopesGuard);
  });
}
