import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/mongoose';
import { StorageConfig } from './config/storage.config';
import { Admission } from './api-keys/access/admission';
import { RouteAccessAudit } from './api-keys/access/route-access.audit';
import { ScopesGuard } from './api-keys/access/scopes.guard';
import { ApiKeysController } from './api-keys/management/api-keys.controller';
import {
  API_KEYS_OPTIONS,
  API_KEYS_SETTINGS,
  type ApiKeysModuleAsyncOptions,
  type ApiKeysModuleOptions,
  type ApiKeysModuleSettings,
  type ApiKeysOptions,
} from './api-keys/options/api-keys.options';
import { ApiKeysService } from './api-keys/management/api-keys.service';
import { KEY_CHANGE_LISTENER } from './api-keys/ports/key-change.listener';
import { CLOCK, systemClock } from './api-keys/ports/clock';
import { API_KEY_REPOSITORY } from './api-keys/storage/api-key.repository';
import { apiKeyStores } from './api-keys/storage/api-key-storage';
import { USAGE_REPOSITORY } from './api-keys/ports/usage.repository';
import { USAGE_STORES } from './api-keys/usage/storage/usage-storage';
import { EVENT_REPOSITORY } from './api-keys/ports/event.repository';
import { EVENT_STORES } from './events/storage/event-storage';
import { checkedOptions } from './api-keys/options/checked-options';
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
import { KeyUsageService } from './api-keys/management/key-usage.service';
import { UsagePruner } from './api-keys/usage/usage-pruner';
import { UsageRecorder } from './api-keys/usage/usage-recorder';
import { DecisionMetrics } from './api-keys/verification/decision-metrics';
import { ReuseRecorder } from './api-keys/verification/reuse-recorder';
import { KeyVerifier } from './api-keys/verification/key-verifier';

/** In the order in which an OpenAPI document lists them. */
const CONTROLLERS = [
  ApiKeysController,
  KeyUsageController,
  VerifyController,
  IntrospectionController,
  EventsController,
  KeyImportController,
  ForwardAuthController,
];

/**
 * API keys for a Nest application: the management routes, the service, and a guard over every route.
 *
 * @example
 * \@Module({
 *   imports: [
 *     MongooseModule.forRoot(process.env.MONGODB_URI),
 *     ApiKeysModule.forRoot({ storage: 'mongo' }),
 *   ],
 * })
 * export class AppModule {}
 */
@Module({})
export class ApiKeysModule {
  /** @throws ConfigurationError at start, if the options or the storage are refused */
  static forRoot(options: ApiKeysModuleOptions): DynamicModule {
    return assemble(options, [], { provide: API_KEYS_OPTIONS, useFactory: () => checkedOptions(options) });
  }

  /**
   * The same, with options computed at start.
   *
   * @example
   * ApiKeysModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ storage: 'mongo', tokenPrefix: config.get('API_KEY_PREFIX') }),
   * })
   */
  static forRootAsync(options: ApiKeysModuleAsyncOptions): DynamicModule {
    return assemble(options, options.imports ?? [], {
      provide: API_KEYS_OPTIONS,
      inject: [...(options.inject ?? [])],
      useFactory: async (...dependencies: never[]) =>
        checkedOptions(await options.useFactory(...dependencies)),
    });
  }
}

function assemble(
  settings: ApiKeysModuleSettings,
  imports: NonNullable<DynamicModule['imports']>,
  options: Provider,
): DynamicModule {
  const providers: Provider[] = [
    options,
    { provide: API_KEYS_SETTINGS, useValue: settings },
    { provide: CLOCK, useValue: systemClock },
    {
      provide: ClientAddress,
      inject: [API_KEYS_OPTIONS],
      useFactory: ({ trustProxy }: ApiKeysOptions) => new ClientAddress(trustProxy ?? []),
    },
    StorageConfig,
    {
      provide: API_KEY_REPOSITORY,
      inject: [
        API_KEYS_OPTIONS,
        StorageConfig,
        { token: getConnectionToken(settings.connectionName), optional: true },
      ],
      useFactory: async (chosen: ApiKeysOptions, ...rest: StorageDependencies) =>
        openStore(chosen.storage, apiKeyStores(chosen), ...rest),
    },
    {
      provide: USAGE_REPOSITORY,
      // The keys' repository comes first, so that an operator reads of the keys where both are refused.
      inject: [
        API_KEYS_OPTIONS,
        StorageConfig,
        { token: getConnectionToken(settings.connectionName), optional: true },
        API_KEY_REPOSITORY,
      ],
      useFactory: async ({ storage, usageStorage }: ApiKeysOptions, ...rest: StorageDependencies) => {
        const chosen = usageStorage ?? (typeof storage === 'string' ? storage : 'off');
        return chosen === 'off' ? null : openStore(chosen, USAGE_STORES, ...rest);
      },
    },
    {
      provide: EVENT_REPOSITORY,
      inject: [
        API_KEYS_OPTIONS,
        StorageConfig,
        { token: getConnectionToken(settings.connectionName), optional: true },
        API_KEY_REPOSITORY,
      ],
      useFactory: async ({ storage, eventStorage }: ApiKeysOptions, ...rest: StorageDependencies) => {
        const chosen = eventStorage ?? (typeof storage === 'string' ? storage : undefined);
        return chosen === undefined ? null : openStore(chosen, EVENT_STORES, rest[0], rest[1]);
      },
    },
    {
      provide: RATE_LIMITER,
      inject: [API_KEYS_OPTIONS, RedisConnection],
      useFactory: ({ rateLimitOnOutage }: ApiKeysOptions, { client }: RedisConnection) =>
        client === undefined
          ? new LocalRateLimiter()
          : new SharedRateLimiter(client, rateLimitOnOutage ?? 'local'),
    },
    RedisConnection,
    FailedCredentials,
    domainEvents(),
    KeyEventPublisher,
    EventWorker,
    { provide: KEY_CHANGE_LISTENER, useExisting: EventWorker },
    EventsService,
    ReuseRecorder,
    FreshKeys,
    UsageRecorder,
    UsagePruner,
    DecisionMetrics,
    KeyVerifier,
    ApiKeysService,
    KeyUsageService,
    KeyImportService,
    Admission,
    ScopesGuard,
    RouteAccessAudit,
    HostFront,
  ];
  return {
    module: ApiKeysModule,
    global: true,
    imports: [DiscoveryModule, ...imports],
    controllers: settings.routes === false ? [] : CONTROLLERS,
    providers:
      settings.globalGuard === false
        ? providers
        : [...providers, { provide: APP_GUARD, useExisting: ScopesGuard }],
    exports: [
      API_KEYS_OPTIONS,
      API_KEY_REPOSITORY,
      EVENT_REPOSITORY,
      CLOCK,
      ClientAddress,
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
      ScopesGuard,
    ],
  };
}

type StorageDependencies = [StorageConfig, import('mongoose').Connection | null | undefined];
