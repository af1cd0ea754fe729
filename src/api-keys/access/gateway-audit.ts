import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ConfigurationError } from '../../problems/configuration.error';
import { GatewayServers, type UncoveredReason } from './gateway-servers';
import { type Gateway, type GatewayHandler, ownGuards } from './gateways';
import { API_KEYS_SETTINGS, type ApiKeysModuleSettings } from './module-settings';

const REMEDIES: Readonly<Record<UncoveredReason, string>> = {
  'no-server': 'Nest gave it no server. Provide its class with the default scope',
  'unknown-server': 'the server of its adapter is neither of Socket.IO nor of ws. Use IoAdapter or WsAdapter',
  recovery:
    'a recovered connection receives missed events before its key is judged. Remove connectionStateRecovery',
  replaced:
    'something replaced verifyClient of its server. Set verifyClient in the options of @WebSocketGateway()',
  'several-guards':
    'several guards that decide differently guard the connections to its server. Use one guard, or another path or namespace',
  'scoped-guard': 'its guard is request-scoped. Use a guard and dependencies with the default scope',
};

/**
 * Checks every gateway when the application starts. The start fails if:
 *
 * - a handler has access decorators but no guard that enforces them
 * - a guarded handler declares no access
 * - a handler has decorators for routes
 * - the connections to a guarded gateway cannot be judged
 */
@Injectable()
export class GatewayAudit implements OnApplicationBootstrap {
  constructor(
    private readonly servers: GatewayServers,
    private readonly adapterHost: HttpAdapterHost,
    @Inject(API_KEYS_SETTINGS) private readonly settings: ApiKeysModuleSettings,
  ) {}

  /** @throws ConfigurationError that names every invalid gateway or handler */
  onApplicationBootstrap(): void {
    const { guard } = this.settings;
    const gateways = this.servers.gateways();
    const handlers = gateways.flatMap((gateway) => gateway.handlers);
    refuse(
      handlers.filter(({ access, isDeclared, guards }) => {
        return isDeclared && access.kind !== 'public' && guards.length === 0;
      }),
      'no ScopesGuard enforces the access decorators of these message handlers',
      'Add @UseGuards(ScopesGuard), or remove guard: false.',
    );
    refuse(
      gateways
        .filter(({ handlers: own, isDeclared, isPublic, guards }) => {
          return own.length === 0 && isDeclared && !isPublic && guards.length === 0;
        })
        .map(({ name: label }) => ({ label })),
      'no ScopesGuard enforces the access decorators of these gateways',
      'Add @UseGuards(ScopesGuard), or remove guard: false.',
    );
    const options = this.servers.ownOptions();
    const guarded = handlers.filter((handler) => ownGuards(handler, options).length > 0);
    if (guard === undefined || guard === false || guard.undeclaredRoutes !== 'deny') {
      refuse(
        guarded.filter(({ access }) => access.kind === 'undeclared'),
        'these message handlers declare no access',
        'Add @RequireScopes(…), @RequireAnyScope(…), @Authenticated() or @Public().',
      );
    }
    refuse(
      guarded.filter(hasRouteDecorators),
      'these message handlers have decorators for routes',
      'Remove @TenantHeaders() and @AllowSessions(): the data of a message names the tenant, and only keys may connect.',
    );
    const { httpAdapter } = this.adapterHost as { readonly httpAdapter: unknown };
    // A script that uses NestFactory.createApplicationContext has no adapter, and Nest connects no gateways. A microservice
    // has none either, but connects them.
    const isServer = httpAdapter !== undefined && httpAdapter !== null;
    if (isServer || this.servers.areConnected) this.requireCovered(gateways);
  }

  private requireCovered(gateways: readonly Gateway[]): void {
    const uncovered = gateways.flatMap((gateway) => {
      const reason = this.servers.uncovered(gateway);
      return reason === undefined ? [] : `${gateway.name}: ${REMEDIES[reason]}`;
    });
    if (uncovered.length === 0) return;
    throw new ConfigurationError(
      `Keyward cannot judge who connects to these gateways: ${uncovered.join('; ')}.`,
    );
  }
}

function refuse(handlers: readonly Pick<GatewayHandler, 'label'>[], fault: string, remedy: string): void {
  if (handlers.length === 0) return;
  throw new ConfigurationError(`${fault}: ${handlers.map(({ label }) => label).join('; ')}. ${remedy}`);
}

function hasRouteDecorators({ access }: GatewayHandler): boolean {
  return access.kind === 'guarded' && (access.tenantHeaders || access.sessions || access.clientCredentials);
}
