import { type DynamicModule, type InjectionToken, Module, type Provider, type Type } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/mongoose';
import { ConfigurationError } from './problems/configuration.error';
import { StorageConfig } from './config/storage.config';
import { Admission } from './api-keys/access/admission';
import { RequestExtension } from './api-keys/access/request-access';
import { GatewayAudit } from './api-keys/access/gateway-audit';
import { GatewayServers } from './api-keys/access/gateway-servers';
import { RouteAccessAudit } from './api-keys/access/route-access.audit';
import { Subscriptions } from './api-keys/access/subscriptions';
import { MODULE_GUARD, ScopesGuard } from './api-keys/access/scopes.guard';
import { ApiKeysController } from './api-keys/management/api-keys.controller';
import {
  API_KEYS_SETTINGS,
  type ApiKeysModuleAsyncOptions,
  type ApiKeysModuleOptions,
  type ApiKeysModuleSettings,
  isScopesGuardClass,
  type OptionsSource,
  requireSettings,
} from './api-keys/access/module-settings';
import {
  API_KEYS_OPTIONS,
  type ApiKeysOptions,
  type ApiKeysOptionsFactory,
} from './api-keys/options/api-keys.options';
import { ApiKeysService } from './api-keys/management/api-keys.service';
import { KeyCeilings } from './api-keys/management/key-ceilings.service';
import { KEY_CHANGE_LISTENER } from './api-keys/ports/key-change.listener';
import { POLICY_CHANGE_LISTENER } from './api-keys/ports/outbox';
import { CLOCK, systemClock } from './api-keys/ports/clock';
import { API_KEY_REPOSITORY } from './api-keys/storage/api-key.repository';
import { apiKeyStores } from './api-keys/storage/api-key-storage';
import { USAGE_REPOSITORY } from './api-keys/ports/usage.repository';
import { USAGE_STORES } from './api-keys/usage/storage/usage-storage';
import { EVENT_REPOSITORY } from './api-keys/ports/event.repository';
import { EVENT_STORES } from './events/storage/event-storage';
import { checkedOptions, optionsIn } from './api-keys/options/checked-options';
import { domainEvents } from './events/domain-events';
import { EventWorker } from './events/event-worker';
import { EventsController } from './events/events.controller';
import { EventsService } from './events/events.service';
import { KeyEventPublisher } from './events/key-event.publisher';
import { ForwardAuthController } from './api-keys/doors/forward-auth.controller';
import { IntrospectionController } from './api-keys/doors/introspection.controller';
import { VerifyController } from './api-keys/doors/verify.controller';
import { KeyImportController } from './api-keys/management/import/key-import.controller';
import { KeyImportService } from './api-keys/management/import/key-import.service';
import { FailedCredentials } from './api-keys/limits/failed-credentials';
import { LocalRateLimiter } from './api-keys/limits/local-rate-limiter';
import { RATE_LIMITER } from './api-keys/ports/rate-limiter';
import { RedisConnection } from './api-keys/limits/redis-connection';
import { SharedRateLimiter } from './api-keys/limits/shared-rate-limiter';
import { ClientAddress } from './http/client-address';
import { HostFront } from './http/host-front';
import { openStore } from './mongo/open-store';
import { FreshKeys } from './api-keys/verification/fresh-keys';
import { KeyUsageController } from './api-keys/management/key-usage.controller';
import { UsageSumsController } from './api-keys/management/usage-sums.controller';
import { KeyUsageService } from './api-keys/management/key-usage.service';
import { UsagePruner } from './api-keys/usage/usage-pruner';
import { UsageRecorder } from './api-keys/usage/usage-recorder';
import { DecisionMetrics } from './api-keys/verification/decision-metrics';
import { ReuseRecorder } from './api-keys/verification/reuse-recorder';
import { KeyVerifier } from './api-keys/verification/key-verifier';
import { KeyWatch } from './api-keys/verification/key-watch';

/** The injection token of the options before they are validated. */
const GIVEN_OPTIONS = Symbol('keyward:given-options');

/** The controllers, in the order of the OpenAPI document. */
const CONTROLLERS = [
  ApiKeysController,
  KeyUsageController,
  UsageSumsController,
  VerifyController,
  IntrospectionController,
  EventsController,
  KeyImportController,
  ForwardAuthController,
];

/** Providers for other modules of Keyward and for the application. */
const SHARED = [
  StorageConfig,
  RedisConnection,
  DecisionMetrics,
  FreshKeys,
  KeyVerifier,
  ApiKeysService,
  KeyUsageService,
  EventsService,
  KeyImportService,
  Admission,
];

/**
 * API keys for a Nest application: the management routes, the services, and a guard for every route.
 *
 * @example
 * \@Module({
 *   imports: [
 *     MongooseModule.forRoot(process.env.MONGODB_URI),
 *     ApiKeysModule.forRoot({ storage: 'mongo', tokens: { maxTtlDays: 365 } }),
 *   ],
 * })
 * export class AppModule {}
 */
@Module({})
export class ApiKeysModule {
  /**
   * Returns the module with these options.
   *
   * @throws ConfigurationError at start, if an option is unknown or invalid, or the storage is not allowed
   */
  static forRoot(given: ApiKeysModuleOptions): DynamicModule {
    requireObject('forRoot', given);
    const { isGlobal, connectionName, guard, routes, ...own } = given;
    const settings = { isGlobal, connectionName, guard, routes };
    // Keeps unknown members of `own`, so that the check rejects them.
    const options = { ...own, ...optionsIn(given) };
    return assemble(settings, [], [{ provide: GIVEN_OPTIONS, useValue: options }]);
  }

  /**
   * Returns the module with options that a factory computes at start.
   *
   * @example
   * ApiKeysModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({
   *     storage: 'mongo',
   *     limits: { redisUrl: config.get('REDIS_URL') },
   *   }),
   * })
   * @throws ConfigurationError at start, if an option is unknown or invalid, or the storage is not allowed
   */
  static forRootAsync(given: ApiKeysModuleAsyncOptions): DynamicModule {
    requireObject('forRootAsync', given);
    const { imports = [], inject, useFactory, useClass, useExisting, ...own } = given;
    const { isGlobal, connectionName, guard, routes } = given;
    const settings = { ...own, isGlobal, connectionName, guard, routes };
    return assemble(settings, imports, sourceOf({ inject, useFactory, useClass, useExisting }));
  }
}

function requireObject(name: string, given: unknown): void {
  if (typeof given !== 'object' || given === null)
    throw new ConfigurationError(`${name} needs an object with the options.`);
}

/** Returns the providers of the options before they are validated. */
function sourceOf({ inject = [], useFactory, useClass, useExisting }: OptionsSource): Provider[] {
  const [source, ...more] = [useFactory, useClass, useExisting].filter((each) => each !== undefined);
  if (source === undefined || more.length > 0) return [{ provide: GIVEN_OPTIONS, useFactory: refuseSources }];
  if (useFactory !== undefined) return [{ provide: GIVEN_OPTIONS, inject: [...inject], useFactory }];
  const given = {
    provide: GIVEN_OPTIONS,
    inject: [source as InjectionToken],
    useFactory: async (factory: ApiKeysOptionsFactory) => factory.createApiKeysOptions(),
  };
  return useClass === undefined ? [given] : [useClass, given];
}

function refuseSources(): never {
  throw new ConfigurationError('forRootAsync needs exactly one of useFactory, useClass and useExisting.');
}

function assemble(
  settings: ApiKeysModuleSettings,
  imports: NonNullable<DynamicModule['imports']>,
  source: readonly Provider[],
): DynamicModule {
  const Guard = guardOf(settings);
  const connection = { token: getConnectionToken(settings.connectionName), optional: true };
  const forStores = [API_KEYS_OPTIONS, StorageConfig, connection];
  const providers: Provider[] = [
    ...source,
    {
      provide: API_KEYS_OPTIONS,
      inject: [GIVEN_OPTIONS],
      useFactory: (given: ApiKeysOptions) => {
        requireSettings(settings);
        return checkedOptions(given);
      },
    },
    { provide: API_KEYS_SETTINGS, useValue: settings },
    { provide: MODULE_GUARD, useValue: Guard },
    { provide: CLOCK, useValue: systemClock },
    {
      provide: ClientAddress,
      inject: [API_KEYS_OPTIONS],
      useFactory: ({ http }: ApiKeysOptions) => new ClientAddress(http?.trustProxy ?? []),
    },
    {
      provide: API_KEY_REPOSITORY,
      inject: forStores,
      useFactory: async (chosen: ApiKeysOptions, ...rest: StorageDependencies) =>
        openStore(chosen.storage, apiKeyStores(chosen.freshness), ...rest),
    },
    {
      provide: USAGE_REPOSITORY,
      // The keys' repository opens first, so that the error names the keys if both stores are rejected.
      inject: [...forStores, API_KEY_REPOSITORY],
      useFactory: async ({ storage, usage }: ApiKeysOptions, ...rest: StorageDependencies) => {
        const chosen = usage?.storage ?? (typeof storage === 'string' ? storage : 'off');
        return chosen === 'off' ? null : openStore(chosen, USAGE_STORES, ...rest);
      },
    },
    {
      provide: EVENT_REPOSITORY,
      inject: [...forStores, API_KEY_REPOSITORY],
      useFactory: async ({ storage, events }: ApiKeysOptions, ...rest: StorageDependencies) => {
        const chosen = events?.storage ?? (typeof storage === 'string' ? storage : undefined);
        return chosen === undefined ? null : openStore(chosen, EVENT_STORES, rest[0], rest[1]);
      },
    },
    {
      provide: RATE_LIMITER,
      inject: [API_KEYS_OPTIONS, RedisConnection],
      useFactory: ({ limits }: ApiKeysOptions, { client }: RedisConnection) =>
        client === undefined
          ? new LocalRateLimiter()
          : new SharedRateLimiter(client, limits?.onOutage ?? 'local'),
    },
    FailedCredentials,
    domainEvents(),
    KeyEventPublisher,
    EventWorker,
    { provide: KEY_CHANGE_LISTENER, useExisting: EventWorker },
    { provide: POLICY_CHANGE_LISTENER, useExisting: EventWorker },
    KeyCeilings,
    KeyWatch,
    ReuseRecorder,
    UsageRecorder,
    UsagePruner,
    ...SHARED,
    Guard,
    ...(Guard === ScopesGuard ? [] : [{ provide: ScopesGuard, useExisting: Guard }]),
    RouteAccessAudit,
    GatewayServers,
    GatewayAudit,
    Subscriptions,
    RequestExtension,
    HostFront,
  ];
  return {
    module: ApiKeysModule,
    global: settings.isGlobal !== false,
    imports: [DiscoveryModule, ...imports],
    controllers: settings.routes === false ? [] : CONTROLLERS,
    providers:
      settings.guard === false ? providers : [...providers, { provide: APP_GUARD, useExisting: Guard }],
    exports: [
      API_KEYS_OPTIONS,
      MODULE_GUARD,
      API_KEY_REPOSITORY,
      EVENT_REPOSITORY,
      POLICY_CHANGE_LISTENER,
      CLOCK,
      ClientAddress,
      ...SHARED,
      Guard,
      ScopesGuard,
    ],
  };
}

/** Returns the guard class to install. `requireSettings` rejects a `guard.use` that is not a guard. */
function guardOf({ guard }: ApiKeysModuleSettings): Type<ScopesGuard> {
  const use = guard ? guard.use : undefined;
  return isScopesGuardClass(use) ? use : ScopesGuard;
}

type StorageDependencies = [StorageConfig, import('mongoose').Connection | null | undefined];
