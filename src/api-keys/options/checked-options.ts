import { isRedisUrl, REDIS_URL_REMEDY } from '../../common/redis-url';
import type { RateLimit } from '../domain/rate-limit';
import { isTokenPrefix } from '../domain/token/token-form';
import type { ApiKeysOptions, TenantNames } from './api-keys.options';
import {
  all,
  group,
  oneOf,
  rule,
  type Rule,
  type Rules,
  text,
  TEXTS,
  textsThat,
  whole,
} from './option-rules';
import { requireProxies } from './trusted-proxies';
import { requireWebhook, type WebhookOptions } from './webhook.options';

type Group<K extends keyof ApiKeysOptions> = NonNullable<ApiKeysOptions[K]>;

const IMPORT_PREFIX = /^[\x21-\x7e]{1,64}$/;
const REALM = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

const RULES: Rules<ApiKeysOptions> = {
  storage: storageIn('is missing or unknown', 'mongo', 'memory'),
  tokens: group<Group<'tokens'>>({
    prefixes: all(
      textsThat(
        isTokenPrefix,
        'contains an invalid prefix: use 2 to 16 lower-case letters, digits and inner underscores',
      ),
      rule(
        (list) => (list as string[]).length > 0,
        'is empty: use at least one prefix, or omit the option for "kw"',
      ),
      rule(
        (list) => new Set(list as string[]).size === (list as string[]).length,
        'contains a prefix twice: use each once',
      ),
    ),
    maxTtlDays: whole('whole days', 1, 36_500),
    importPrefixes: textsThat(
      (each) => IMPORT_PREFIX.test(each),
      'contains an invalid prefix: use 1 to 64 visible ASCII characters',
    ),
  }),
  tenant: group<Group<'tenant'>>({
    params: tenantNames('route parameter'),
    args: tenantNames('argument'),
  }),
  http: group<Group<'http'>>({
    trustProxy: all(TEXTS, (value, name) => requireProxies(value as readonly string[], name)),
    realm: text(
      REALM,
      'contains characters that a header cannot quote: use printable ASCII without " and \\',
    ),
    issuer: text(/./, 'is not an issuer: use the URL of the service for clients'),
    forwardAuthLimitedStatus: oneOf(429, 403),
  }),
  limits: group<Group<'limits'>>({
    redisUrl: rule(isRedisUrl, `is not a Redis URL: ${REDIS_URL_REMEDY}`),
    onOutage: oneOf('local', 'deny'),
    failedCredentials: group<Omit<RateLimit, 'name'>>(
      { limit: whole('a whole number', 1, 1_000_000), windowSeconds: whole('whole seconds', 1, 86_400) },
      ['limit', 'windowSeconds'],
    ),
  }),
  usage: group<Group<'usage'>>({
    storage: storageIn('is unknown', 'mongo', 'memory', 'off'),
    flushMs: whole('whole milliseconds', 100, 3_600_000),
    retentionDays: whole('whole days', 1, 3650),
    addresses: oneOf(true, false),
  }),
  events: group<Group<'events'>>({
    storage: storageIn('is unknown', 'mongo', 'memory'),
    retentionDays: whole('whole days', 7, 3650),
    webhook: all(
      group<WebhookOptions>(
        {
          url: rule((url) => typeof url === 'string', 'is not a URL: use one that begins with https://'),
          secrets: TEXTS,
          allowPrivateAddresses: oneOf(true, false),
        },
        ['url', 'secrets'],
      ),
      (value) => requireWebhook(value as WebhookOptions),
    ),
  }),
  freshness: group<Group<'freshness'>>({
    revocationBoundMs: whole('whole milliseconds', 100, 60_000),
    changeFeed: oneOf('auto', 'streams', 'polling'),
    cacheMax: whole('a whole number', 1, 10_000_000),
    cacheMaxMb: whole('whole megabytes', 1, 65_536),
  }),
};

const OPTIONS = group(
  RULES,
  ['storage'],
  '; isGlobal, connectionName, guard and routes belong to forRoot, or to forRootAsync beside the factory',
);

/**
 * Returns the options if they are valid.
 *
 * @throws ConfigurationError if an option is unknown or invalid; the error names the first one
 */
export function checkedOptions(options: ApiKeysOptions): ApiKeysOptions {
  OPTIONS(options, '');
  return options;
}

/** Returns the options that an object has, including getters and inherited options. */
export function optionsIn(given: ApiKeysOptions): Partial<ApiKeysOptions> {
  const names = Object.keys(RULES).filter((name) => name in given);
  return Object.fromEntries(names.map((name) => [name, Reflect.get(given, name) as unknown]));
}

/** Returns a rule for the names of what holds the tenant, such as `route parameter`. */
function tenantNames(holder: string): Rule {
  const name = text(
    /^\w+$/,
    `is not a name: use the name of ${holder.startsWith('a') ? 'an' : 'a'} ${holder}, without a colon`,
  );
  return all(
    group<TenantNames>({ orgId: name, projectId: name }),
    rule((names) => {
      const { orgId = 'orgId', projectId = 'projectId' } = names as TenantNames;
      return orgId !== projectId;
    }, `names the same ${holder} twice: use one for the organisation and another for the project`),
  );
}

function storageIn(complaint: string, ...kinds: readonly string[]): Rule {
  const shown = kinds.map((kind) => `"${kind}"`).join(', ');
  return rule(
    (value) => isRepository(value) || kinds.includes(value as string),
    `${complaint}: use ${shown} or a repository of your own`,
  );
}

function isRepository(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'prepare' in value && typeof value.prepare === 'function'
  );
}
