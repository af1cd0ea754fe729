import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
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
import {
  type Environment,
  issuersOf,
  mongoOf,
  readEnvironment,
  storageKindOf,
  webhookOf,
} from '../settings/environment';
import { UsersModule } from '../users/management/users.module';
import type { UsersOptions } from '../users/users.options';
import { MongoConnectionModule } from '../mongo/mongo-connection.module';
import { settingsModule } from '../settings/settings.module';

/** The service: everything that `npm start` runs. */
@Module({})
export class AppModule {
  /** @throws ConfigurationError if the environment is wrong */
  static forRoot(): DynamicModule {
    return {
      module: AppModule,
      imports: [
        settingsModule(readEnvironment),
        EventEmitterModule.forRoot(),
        MongoConnectionModule.forRootAsync({
          inject: [ConfigService],
          useFactory: (config: ConfigService<Environment, true>) =>
            mongoOf({
              STORAGE: config.get('STORAGE', { infer: true }),
              MONGODB_URI: config.get('MONGODB_URI', { infer: true }),
              MONGODB_CONNECT_TIMEOUT_MS: config.get('MONGODB_CONNECT_TIMEOUT_MS', { infer: true }),
            }),
        }),
        ApiKeysModule.forRootAsync({
          inject: [ConfigService],
          useFactory: (config: ConfigService<Environment, true>): ApiKeysOptions => ({
            storage: storageKindOf({
              STORAGE: config.get('STORAGE', { infer: true }),
              MONGODB_URI: config.get('MONGODB_URI', { infer: true }),
            }),
            tokenPrefix: config.get('API_KEY_PREFIX', { infer: true }),
            maxTtlDays: config.get('API_KEY_MAX_TTL_DAYS', { infer: true }),
            revocationBoundMs: config.get('REVOCATION_BOUND_MS', { infer: true }),
            keyCacheMax: config.get('KEY_CACHE_MAX', { infer: true }),
            keyCacheMaxMb: config.get('KEY_CACHE_MAX_MB', { infer: true }),
            changeFeed: config.get('CHANGE_FEED', { infer: true }),
            usageFlushMs: config.get('USAGE_FLUSH_MS', { infer: true }),
            usageRetentionDays: config.get('USAGE_RETENTION_DAYS', { infer: true }),
            trustProxy: config.get('TRUST_PROXY', { infer: true }),
            importTokenPrefixes: config.get('IMPORT_TOKEN_PREFIXES', { infer: true }),
            redisUrl: config.get('REDIS_URL', { infer: true }),
            rateLimitOnOutage: config.get('RATE_LIMIT_ON_OUTAGE', { infer: true }),
            failedCredentials: {
              limit: config.get('FAILED_CREDENTIALS_PER_MINUTE', { infer: true }),
              windowSeconds: 60,
            },
            forwardAuthLimitedStatus: config.get('FORWARD_AUTH_LIMITED_STATUS', { infer: true }),
            issuer: config.get('PUBLIC_URL', { infer: true }),
            eventRetentionDays: config.get('EVENT_RETENTION_DAYS', { infer: true }),
            webhook: webhookOf({
              WEBHOOK_URL: config.get('WEBHOOK_URL', { infer: true }),
              WEBHOOK_SECRETS: config.get('WEBHOOK_SECRETS', { infer: true }),
              WEBHOOK_ALLOW_PRIVATE: config.get('WEBHOOK_ALLOW_PRIVATE', { infer: true }),
            }),
          }),
        }),
        UsersModule.forRootAsync({
          inject: [ConfigService],
          useFactory: (config: ConfigService<Environment, true>): UsersOptions => ({
            storage: storageKindOf({
              STORAGE: config.get('STORAGE', { infer: true }),
              MONGODB_URI: config.get('MONGODB_URI', { infer: true }),
            }),
            issuers: issuersOf({
              OIDC_ISSUER: config.get('OIDC_ISSUER', { infer: true }),
              OIDC_AUDIENCE: config.get('OIDC_AUDIENCE', { infer: true }),
              OIDC_ORG_CLAIM: config.get('OIDC_ORG_CLAIM', { infer: true }),
              OIDC_ADMIN_CLAIM: config.get('OIDC_ADMIN_CLAIM', { infer: true }),
              OIDC_ISSUERS: config.get('OIDC_ISSUERS', { infer: true }),
            }),
            revocationBoundMs: config.get('REVOCATION_BOUND_MS', { infer: true }),
            changeFeed: config.get('CHANGE_FEED', { infer: true }),
            grantableScopes: config.get('USER_GRANTABLE_SCOPES', { infer: true }),
            unboundKeys: config.get('USER_UNBOUND_KEYS', { infer: true }),
            maxKeys: config.get('USER_MAX_KEYS', { infer: true }),
          }),
        }),
        HealthModule.forRoot(),
        DiscoveryModule,
      ],
      providers: [AllowedMethods, OAuthErrorFilter, OperationsPort, ServiceFilter, Traffic],
    };
  }
}
