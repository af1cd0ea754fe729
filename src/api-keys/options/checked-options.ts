import { ConfigurationError } from '../../config/configuration.error';
import { isRedisUrl, REDIS_URL_REMEDY } from '../../common/redis-url';
import type { ApiKeysOptions } from './api-keys.options';
import { isTokenPrefix } from '../domain/token/token-form';
import { requireWebhook } from './webhook.options';
import { requireProxies } from './trusted-proxies';

const IMPORT_PREFIX = /^[\x21-\x7e]{1,64}$/;
const REALM = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * The options, once they are known to be right.
 *
 * @throws ConfigurationError one sentence about the first that is wrong
 */
export function checkedOptions(options: ApiKeysOptions): ApiKeysOptions {
  const { storage, tokenPrefix, maxTtlDays, realm } = options;
  if (storage !== 'mongo' && storage !== 'memory' && (typeof storage !== 'object' || storage === null)) {
    throw new ConfigurationError('storage is not chosen: use "mongo", "memory" or a repository of your own.');
  }
  requireUsageOptions(options);
  if (tokenPrefix !== undefined && !isTokenPrefix(tokenPrefix)) {
    throw new ConfigurationError(
      'tokenPrefix is not a prefix: use 2 to 16 lower-case letters, digits and inner underscores.',
    );
  }
  if (!isWithin(maxTtlDays, 1, 36_500)) {
    throw new ConfigurationError('maxTtlDays is out of range: use whole days from 1 to 36500.');
  }
  if (realm !== undefined && !REALM.test(realm)) {
    throw new ConfigurationError('realm holds characters that a header cannot quote: use plain ASCII.');
  }
  requireWhole('revocationBoundMs', options.revocationBoundMs, 100, 60_000);
  requireWhole('keyCacheMax', options.keyCacheMax, 1, 10_000_000);
  requireWhole('keyCacheMaxMb', options.keyCacheMaxMb, 1, 65_536);
  if (!isWithin(options.eventRetentionDays, 7, 3650)) {
    throw new ConfigurationError('eventRetentionDays is out of range: use whole days from 7 to 3650.');
  }
  if (options.webhook !== undefined) requireWebhook(options.webhook);
  requireOneOf('changeFeed', options.changeFeed, ['auto', 'streams', 'polling']);
  requireLimiterOptions(options);
  requireProxies(options.trustProxy ?? []);
  requirePrefixes(options.importTokenPrefixes ?? []);
  return options;
}

function requireWhole(name: string, value: number | undefined, min: number, max: number): void {
  if (isWithin(value, min, max)) return;
  throw new ConfigurationError(`${name} is out of range: use a whole number from ${min} to ${max}.`);
}

function requireUsageOptions({ usageStorage, usageFlushMs, usageRetentionDays }: ApiKeysOptions): void {
  const isKnown = usageStorage === undefined || ['mongo', 'memory', 'off'].includes(usageStorage as string);
  if (!isKnown && (typeof usageStorage !== 'object' || usageStorage === null)) {
    throw new ConfigurationError(
      'usageStorage is not a storage: use "mongo", "memory", "off" or a repository of your own.',
    );
  }
  if (!isWithin(usageFlushMs, 100, 3_600_000)) {
    throw new ConfigurationError('usageFlushMs is out of range: use whole milliseconds from 100 to 3600000.');
  }
  if (!isWithin(usageRetentionDays, 1, 3650)) {
    throw new ConfigurationError('usageRetentionDays is out of range: use whole days from 1 to 3650.');
  }
}

/** Whether an option is left out, or a whole number in its range. */
function isWithin(value: number | undefined, least: number, most: number): boolean {
  return value === undefined || (Number.isInteger(value) && value >= least && value <= most);
}

function requireLimiterOptions(options: ApiKeysOptions): void {
  const { redisUrl, failedCredentials } = options;
  if (redisUrl !== undefined && !isRedisUrl(redisUrl)) {
    throw new ConfigurationError(`redisUrl is not an address of Redis: ${REDIS_URL_REMEDY}.`);
  }
  requireOneOf('rateLimitOnOutage', options.rateLimitOnOutage, ['local', 'deny']);
  requireOneOf('forwardAuthLimitedStatus', options.forwardAuthLimitedStatus, [429, 403]);
  requireWhole('failedCredentials.limit', failedCredentials?.limit, 1, 1_000_000);
  requireWhole('failedCredentials.windowSeconds', failedCredentials?.windowSeconds, 1, 86_400);
}

function requireOneOf(name: string, value: unknown, choices: readonly unknown[]): void {
  if (value === undefined || choices.includes(value)) return;
  throw new ConfigurationError(
    `${name} is unknown: use ${choices.map((choice) => JSON.stringify(choice)).join(' or ')}.`,
  );
}

function requirePrefixes(prefixes: readonly string[]): void {
  if (prefixes.every((prefix) => IMPORT_PREFIX.test(prefix))) return;
  throw new ConfigurationError(
    'importTokenPrefixes holds what no token begins with: use visible ASCII characters.',
  );
}
