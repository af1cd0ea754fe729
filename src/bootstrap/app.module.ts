import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ApiKeysModule } from '../api-keys.module';
import type { ApiKeysOptions } from '../api-keys/options/api-keys.options';
import { OAuthErrorFilter } from '../api-keys/doors/oauth-error.filter';
import { AllowedMethods } from './allowed-methods';
import { OperationsPort } from './operations-port';
import { ServiceFilter } from './service.filter';
import { Traffic } from './traffic';
import { HealthModule } from '../health/health.module';
import { Environment, issuersOf, mongoOf, storageKindOf, webhookOf } from '../settings/environment';
import { UsersModule } from '../users/management/users.module';
import type { UsersOptions } from '../users/users.options';
import { MongoConnectionModule } from '../mongo/mongo-connection.module';

/** The service: everything that `npm start` runs. */
@Module({})
export class AppModule {
  /** @param environment the settings, which are provided under their class */
  static over(environment: Environment): DynamicModule {
    return {
      module: AppModule,
      imports: [
        EventEmitterModule.forRoot(),
        MongoConnectionModule.forRoot(mongoOf(environment)),
        ApiKeysModule.forRoot(apiKeysOptionsOf(environment)),
        UsersModule.forRoot(usersOptionsOf(environment)),
        HealthModule.forRoot(),
        DiscoveryModule,
      ],
      providers: [
        { provide: Environment, useValue: environment },
        AllowedMethods,
        OAuthErrorFilter,
        OperationsPort,
        ServiceFilter,
        Traffic,
      ],
    };
  }
}

function apiKeysOptionsOf(environment: Environment): ApiKeysOptions {
  return {
    storage: storageKindOf(environment),
    tokenPrefix: environment.API_KEY_PREFIX,
    maxTtlDays: environment.API_KEY_MAX_TTL_DAYS,
    revocationBoundMs: environment.REVOCATION_BOUND_MS,
    keyCacheMax: environment.KEY_CACHE_MAX,
    keyCacheMaxMb: environment.KEY_CACHE_MAX_MB,
    changeFeed: environment.CHANGE_FEED,
    usageFlushMs: environment.USAGE_FLUSH_MS,
    usageRetentionDays: environment.USAGE_RETENTION_DAYS,
    trustProxy: environment.TRUST_PROXY,
    importTokenPrefixes: environment.IMPORT_TOKEN_PREFIXES,
    redisUrl: environment.REDIS_URL,
    rateLimitOnOutage: environment.RATE_LIMIT_ON_OUTAGE,
    failedCredentials: { limit: environment.FAILED_CREDENTIALS_PER_MINUTE, windowSeconds: 60 },
    forwardAuthLimitedStatus: environment.FORWARD_AUTH_LIMITED_STATUS,
    issuer: environment.PUBLIC_URL,
    eventRetentionDays: environment.EVENT_RETENTION_DAYS,
    webhook: webhookOf(environment),
  };
}

function usersOptionsOf(environment: Environment): UsersOptions {
  return {
    storage: storageKindOf(environment),
    issuers: issuersOf(environment),
    revocationBoundMs: environment.REVOCATION_BOUND_MS,
    changeFeed: environment.CHANGE_FEED,
    grantableScopes: environment.USER_GRANTABLE_SCOPES,
    unboundKeys: environment.USER_UNBOUND_KEYS,
    maxKeys: environment.USER_MAX_KEYS,
  };
}
