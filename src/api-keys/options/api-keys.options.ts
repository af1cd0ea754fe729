import type { ChangeFeedMode } from '../../change-feed/change-feed';
import type { RateLimit } from '../domain/rate-limit';
import type { EventStorage } from '../ports/event.repository';
import type { OnLimiterOutage } from '../ports/rate-limiter';
import type { UsageStorage } from '../ports/usage.repository';
import type { ApiKeyStorage } from '../storage/api-key.repository';
import type { WebhookOptions } from './webhook.options';

/**
 * Options of the module. Pass them to `forRoot`, or compute them at start with the factory of `forRootAsync`.
 *
 * @example
 * const options: ApiKeysOptions = {
 *   storage: 'mongo',
 *   tokens: { prefixes: ['mem'], maxTtlDays: 365 },
 *   freshness: { revocationBoundMs: 500 },
 * };
 */
export interface ApiKeysOptions {
  /**
   * Where keys are kept: `mongo`, `memory` (only if `NODE_ENV` is `development` or `test`), or a repository of your own.
   * Required: there is no default store.
   */
  readonly storage: ApiKeyStorage;
  /** What tokens look like, and how long keys live. */
  readonly tokens?: {
    /**
     * Distinct prefixes of tokens, each 2 to 16 lower-case letters, digits and inner underscores. The first is the default of
     * new keys, and a request to create a key may name another. Default `['kw']`. Verification does not check the prefix.
     */
    readonly prefixes?: readonly string[] | undefined;
    /**
     * The maximum lifetime of a key in days, 1 to 36500; default no maximum. A key without an expiry gets the maximum.
     * `rootCaller` is exempt.
     */
    readonly maxTtlDays?: number | undefined;
    /** The prefixes of imported tokens, 1 to 64 visible ASCII characters each; default none. See `docs/import.md`. */
    readonly importPrefixes?: readonly string[] | undefined;
  };
  /** How a request names its tenant. */
  readonly tenant?: {
    /** The names of the route parameters that hold the tenant; default `orgId` and `projectId`. */
    readonly params?: TenantNames | undefined;
    /** The names of the arguments of GraphQL fields that hold the tenant; default `orgId` and `projectId`. */
    readonly args?: TenantNames | undefined;
  };
  /** What the guard and the routes read from requests and write into responses. */
  readonly http?: {
    /** Addresses and CIDR ranges of proxies whose `X-Forwarded-For` is trusted; default none. */
    readonly trustProxy?: readonly string[] | undefined;
    /** The `realm` of `WWW-Authenticate` challenges; default `keyward`. */
    readonly realm?: string | undefined;
    /** The `iss` of introspection responses: the URL of the service for clients; default none. */
    readonly issuer?: string | undefined;
    /** The status of a rate-limited forward-auth request: 429 (default), or 403 for proxies that do not support 429. */
    readonly forwardAuthLimitedStatus?: 429 | 403 | undefined;
  };
  /** How rate limits and failed credentials are counted. */
  readonly limits?: {
    /** The URL of a Redis that counts rate limits for all instances together. By default each instance counts separately. */
    readonly redisUrl?: string | undefined;
    /** What happens while Redis is unreachable: count in this process (`local`, default), or answer 503 (`deny`). */
    readonly onOutage?: OnLimiterOutage | undefined;
    /**
     * The limit of failed credentials from one address. Beyond it, they get 429 instead of 401. Default 100 in 60
     * seconds.
     */
    readonly failedCredentials?: Omit<RateLimit, 'name'> | undefined;
  };
  /** How the use of keys is counted. */
  readonly usage?: {
    /**
     * Where usage counts are kept; default the same as `storage`, or `off` if `storage` is a repository of your own.
     */
    readonly storage?: UsageStorage | undefined;
    /** How often usage counts are stored, in milliseconds, 100 to 3600000; default 10000. */
    readonly flushMs?: number | undefined;
    /** How many days hourly counts are kept, 1 to 3650; default 90. */
    readonly retentionDays?: number | undefined;
    /** Whether the client's address is stored with the last use of a key; default `true`. */
    readonly addresses?: boolean | undefined;
  };
  /** How events (the audit trail) are kept and sent. */
  readonly events?: {
    /**
     * Where events are kept; default the same as `storage`, or nowhere if `storage` is a repository of your own. Events
     * require a repository with an `outbox`.
     */
    readonly storage?: EventStorage | undefined;
    /** How many days events are kept, 7 to 3650; default 365. */
    readonly retentionDays?: number | undefined;
    /** Where events are sent; default nowhere. See `docs/webhooks.md`. */
    readonly webhook?: WebhookOptions | undefined;
  };
  /** How soon changes take effect, and how much is cached. */
  readonly freshness?: {
    /**
     * The maximum time for which an instance may accept a key after its revocation or change, in milliseconds,
     * 100 to 60000; default 1000.
     */
    readonly revocationBoundMs?: number | undefined;
    /** How an instance learns about changes by other instances; default `auto`: change streams if MongoDB has them. */
    readonly changeFeed?: ChangeFeedMode | undefined;
    /** The maximum number of keys in the cache, 1 to 10000000; default 50000. */
    readonly cacheMax?: number | undefined;
    /** The maximum heap that cached keys and owner states may use, in megabytes, 1 to 65536; default 128. */
    readonly cacheMaxMb?: number | undefined;
  };
}

/** The names of the route parameters, or of the arguments, that hold the tenant. */
export interface TenantNames {
  /** The name for the organisation; default `orgId`. */
  readonly orgId?: string | undefined;
  /** The name for the project; default `projectId`. */
  readonly projectId?: string | undefined;
}

/** A class that computes the options, for `useClass` and `useExisting` of `ApiKeysModule.forRootAsync`. */
export interface ApiKeysOptionsFactory {
  /** Returns the options. Called once, when the application starts. */
  createApiKeysOptions(): ApiKeysOptions | Promise<ApiKeysOptions>;
}

/** The prefix of new tokens unless `tokens.prefixes` is set. */
export const DEFAULT_TOKEN_PREFIX = 'kw';

/** The injection token of the options. */
export const API_KEYS_OPTIONS = Symbol('keyward:api-keys-options');
