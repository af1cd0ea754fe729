import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ApiKeysModule } from '../api-keys.module';
import type { ApiKeysOptions } from '../api-keys/options/api-keys.options';
import type { FreshnessSettings } from '../change-feed/change-feed';
import { OAuthErrorFilter } from '../api-keys/doors/oauth-error.filter';
import { AllowedMethods } from './allowed-methods';
import { OperationsPort } from './operations-port';
import { ServiceFilter } from './service.filter';
import { Traffic } from './traffic';
import { HealthModule } from '../health/health.module';
import { Environment, issuersOf, mongoOf, storageKindOf, webhookOf } from '../settings/environment';
import { PoliciesModule } from '../policies/management/policies.module';
import type { PoliciesOptions } from '../policies/policies.options';
import { UsersModule } from '../users/management/users.module';
import type { UsersOptions } from '../users/users.options';
import { MongoConnectionModule } from '../mongo/mongo-connection.module';

/** The root module of the service. */
@Module({})
export class AppModule {
  /** @param environment the settings, also provided for injection */
  static over(environment: Environment): DynamicModule {
    return {
      module: AppModule,
      imports: [
        EventEmitterModule.forRoot(),
        MongoConnectionModule.forRoot(mongoOf(environment)),
        ApiKeysModule.forRoot(apiKeysOptionsOf(environment)),
        PoliciesModule.forRoot(policiesOptionsOf(environment)),
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
    tokens: {
      prefixes: environment.API_KEY_PREFIXES,
      maxTtlDays: environment.API_KEY_MAX_TTL_DAYS,
      importPrefixes: environment.IMPORT_TOKEN_PREFIXES,
    },
    http: {
      trustProxy: environment.TRUST_PROXY,
      issuer: environment.PUBLIC_URL,
      forwardAuthLimitedStatus: environment.FORWARD_AUTH_LIMITED_STATUS,
    },
    limits: {
      redisUrl: environment.REDIS_URL,
      onOutage: environment.RATE_LIMIT_ON_OUTAGE,
      failedCredentials: { limit: environment.FAILED_CREDENTIALS_PER_MINUTE, windowSeconds: 60 },
    },
    usage: {
      flushMs: environment.USAGE_FLUSH_MS,
      retentionDays: environment.USAGE_RETENTION_DAYS,
      addresses: environment.USAGE_ADDRESSES === 'on',
    },
    events: { retentionDays: environment.EVENT_RETENTION_DAYS, webhook: webhookOf(environment) },
    freshness: {
      ...feedSettingsOf(environment),
      cacheMax: environment.KEY_CACHE_MAX,
      cacheMaxMb: environment.KEY_CACHE_MAX_MB,
    },
  };
}

function policiesOptionsOf(environment: Environment): PoliciesOptions {
  return { storage: storageKindOf(environment), freshness: feedSettingsOf(environment) };
}

function usersOptionsOf(environment: Environment): UsersOptions {
  return {
    storage: storageKindOf(environment),
    issuers: issuersOf(environment),
    grantableScopes: environment.USER_GRANTABLE_SCOPES,
    orgAdminScopes: environment.ORG_ADMIN_GRANTABLE_SCOPES,
    unboundKeys: environment.USER_UNBOUND_KEYS,
    maxKeys: environment.USER_MAX_KEYS,
    freshness: feedSettingsOf(environment),
  };
}

function feedSettingsOf(environment: Environment): FreshnessSettings {
  return { revocationBoundMs: environment.REVOCATION_BOUND_MS, changeFeed: environment.CHANGE_FEED };
}
