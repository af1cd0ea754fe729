import type { ModuleMetadata } from '@nestjs/common';
import type { RateLimit } from '../domain/rate-limit';
import type { EventStorage } from '../ports/event.repository';
import type { OnLimiterOutage } from '../ports/rate-limiter';
import type { UsageStorage } from '../ports/usage.repository';
import type { WebhookOptions } from './webhook.options';
import type { ApiKeyStorage } from '../storage/api-key.repository';
import type { FreshnessSettings } from '../../change-feed/change-feed';

/** How the module behaves; what may be computed at start. */
export interface ApiKeysOptions extends FreshnessSettings {
  /** Where keys are kept. There is no default: choosing a store is a decision. */
  readonly storage: ApiKeyStorage;
  /** Where the use of keys is counted; default as `storage`, and `off` where that is a repository of your own. */
  readonly usageStorage?: UsageStorage | undefined;
  /** How often counted uses are stored, in milliseconds (100 to 3600000); default 10000. */
  readonly usageFlushMs?: number | undefined;
  /** How many days usage counts are kept (1 to 3650); default 90. */
  readonly usageRetentionDays?: number | undefined;
  /** What stands before new tokens; default `kw`. */
  readonly tokenPrefix?: string | undefined;
  /** The longest life of a key in days; default none. */
  readonly maxTtlDays?: number | undefined;
  /** The `realm` of `WWW-Authenticate` challenges; default `keyward`. */
  readonly realm?: string | undefined;
  /** What a token of another system must begin with to be looked at; default none, see `docs/import.md`. */
  readonly importTokenPrefixes?: readonly string[] | undefined;
  /** Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is believed; default none. */
  readonly trustProxy?: readonly string[] | undefined;
  /** A Redis that counts rate limits for all instances together; default in this process only. */
  readonly redisUrl?: string | undefined;
  /** What happens while Redis is away: count in this process (default), or refuse with 503. */
  readonly rateLimitOnOutage?: OnLimiterOutage | undefined;
  /** How many failed credentials an address has before failures answer 429; default 100 a minute. */
  readonly failedCredentials?: RateLimit | undefined;
  /** The status by which forward-auth says "limited": 429 (default), or 403 for proxies that know no other. */
  readonly forwardAuthLimitedStatus?: 429 | 403 | undefined;
  /** The `iss` of introspection answers: the address at which the service is known. */
  readonly issuer?: string | undefined;
  /** How many keys are kept in memory at most; default 50000. */
  readonly keyCacheMax?: number | undefined;
  /** How many megabytes of heap the keys in memory and the states of their owners take at most (1 to 65536); default 128. */
  readonly keyCacheMaxMb?: number | undefined;
  /**
   * Where events are kept; default as the keys where their storage is chosen by name, else nowhere. Beside a store of keys
   * of the host's own, that one needs an `outbox`.
   */
  readonly eventStorage?: EventStorage | undefined;
  /** How many days events are kept, 7 to 3650; default 365. */
  readonly eventRetentionDays?: number | undefined;
  /** Where events are sent to; default nowhere. See `docs/webhooks.md`. */
  readonly webhook?: WebhookOptions | undefined;
  /** The names of the route parameters that hold the tenant; default `orgId` and `projectId`. */
  readonly tenantParams?: TenantParamNames | undefined;
}

/** The names of the route parameters that name an organisation and a project. */
export interface TenantParamNames {
  readonly orgId?: string | undefined;
  readonly projectId?: string | undefined;
}

/** What the module consists of; known when it is imported. */
export interface ApiKeysModuleSettings {
  /** Whether `ScopesGuard` guards every route of the application; default true. */
  readonly globalGuard?: boolean;
  /** Whether the management routes under `/v1/api-keys` are served; default true. */
  readonly routes?: boolean;
  /** The name of the Mongoose connection to use, where it has one. */
  readonly connectionName?: string;
  /** What a global guard does about a route that declares no access: refuse to start (default), or deny it. */
  readonly undeclaredRoutes?: 'refuse' | 'deny';
}

/** Options of `ApiKeysModule.forRoot`. */
export type ApiKeysModuleOptions = ApiKeysOptions & ApiKeysModuleSettings;

/** Options of `ApiKeysModule.forRootAsync`. */
export interface ApiKeysModuleAsyncOptions extends ApiKeysModuleSettings, Pick<ModuleMetadata, 'imports'> {
  /** Providers that `useFactory` takes, in its order. */
  readonly inject?: NonNullable<import('@nestjs/common').FactoryProvider['inject']>;
  /** Gives the options, out of what `inject` names. */
  readonly useFactory: (...dependencies: never[]) => ApiKeysOptions | Promise<ApiKeysOptions>;
}

/** The injection token of the options. */
export const API_KEYS_OPTIONS = Symbol('keyward:api-keys-options');

/** The injection token of what the module consists of. */
export const API_KEYS_SETTINGS = Symbol('keyward:api-keys-settings');
