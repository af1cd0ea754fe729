import { plainToInstance } from 'class-transformer';
import { ArrayUnique, IsIn, IsOptional, IsString, Matches, validateSync } from 'class-validator';
import {
  Flag,
  Integer,
  IsGrantable,
  IsOrigin,
  IsIpRange,
  IsIssuer,
  IsIssuerList,
  isLocal,
  IsPublicUrl,
  IsRedisUrl,
  Json,
  List,
  type OidcIssuerSetting,
  Whole,
} from './environment-rules';
import { OWN_SCOPES } from '../api-keys/domain/own-scopes';
import { redactedSetting } from '../common/redaction';
import type { MongoTarget } from '../mongo/mongo-connection.module';
import { ConfigurationError } from '../problems/configuration.error';
import { REDIS_URL_REMEDY } from '../common/redis-url';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'] as const;

/** The store of the keys. */
export type StorageKind = 'memory' | 'mongo';

/** The format of the log: one JSON object per line, or text for people. */
export type LogFormat = 'json' | 'text';

const ISSUER_REMEDY = 'use the exact "iss" of its tokens, an https address (http on this machine only)';
const GRANTABLE_REMEDY = `use scopes such as memory:read, separated by commas, without "*" and without scopes of Keyward itself (${OWN_SCOPES.join(', ')})`;
const ANY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const MONGODB_SCHEME = /^mongodb(?:\+srv)?:\/\/.+/;
/** Matches a connection string with credentials that the driver accepts before the first `@`, and hosts after it. */
const ENCODED_CREDENTIALS =
  /^[a-z+]+:\/\/(?:[^:/?#[\]@%]|%[\da-f]{2})*(?::(?:[^:/?#[\]@%]|%[\da-f]{2})*)?@[^/?#@]+(?:[/?].*)?$/is;
const NAMES_DATABASE = /^[a-z+]+:\/\/(?:[^@]*@)?[^/?@]+\/[^/?#]/;

/** All environment variables of the service, typed, with their defaults. `.env.example` explains each of them. */
export class Environment {
  @IsOptional()
  @IsString()
  NODE_ENV: string | undefined = undefined;

  @Matches(/^[A-Za-z0-9.:_-]+$/, { message: 'use a host name or an address to listen on, such as 127.0.0.1' })
  HOST = '127.0.0.1';

  @Whole(0, 65_535, 'a port number')
  PORT = 3000;

  @IsOptional()
  @Whole(0, 65_535, 'a port number')
  METRICS_PORT: number | undefined = undefined;

  @Matches(/^[A-Za-z0-9.:_-]+$/, { message: 'use a host name or an address to listen on, such as 127.0.0.1' })
  METRICS_HOST = '127.0.0.1';

  @List()
  @IsOrigin({ each: true, message: 'use origins such as https://app.example.com, separated by commas' })
  CORS_ORIGINS: string[] = [];

  @Whole(100, 3_600_000, 'whole milliseconds')
  REQUEST_TIMEOUT_MS = 30_000;

  @Whole(100, 3_600_000, 'whole milliseconds')
  KEEP_ALIVE_TIMEOUT_MS = 5000;

  @Whole(0, 600_000, 'whole milliseconds')
  SHUTDOWN_DELAY_MS = 0;

  @Whole(1, 600_000, 'whole milliseconds')
  SHUTDOWN_TIMEOUT_MS = 25_000;

  @IsOptional()
  @IsIn(['memory', 'mongo'], { message: 'use "mongo", or "memory" in development and test' })
  STORAGE: StorageKind | undefined = undefined;

  @IsOptional()
  @Matches(MONGODB_SCHEME, {
    message: 'use a connection string that begins with mongodb:// or mongodb+srv://',
  })
  MONGODB_URI: string | undefined = undefined;

  @Whole(0, 3_600_000, 'whole milliseconds')
  MONGODB_CONNECT_TIMEOUT_MS = 30_000;

  @List()
  @Matches(/^(?=.{2,16}$)[a-z0-9]+(?:_[a-z0-9]+)*$/, {
    each: true,
    message: 'use 2 to 16 lower-case letters, digits and inner underscores for each prefix',
  })
  @ArrayUnique({ message: 'name each prefix once' })
  API_KEY_PREFIXES: string[] = ['kw'];

  @IsOptional()
  @Whole(1, 36_500, 'whole days', ', or leave it unset for no maximum')
  API_KEY_MAX_TTL_DAYS: number | undefined = undefined;

  @Whole(100, 60_000, 'whole milliseconds')
  REVOCATION_BOUND_MS = 1000;

  @Whole(1, 10_000_000, 'a whole number')
  KEY_CACHE_MAX = 50_000;

  @Whole(1, 65_536, 'whole megabytes')
  KEY_CACHE_MAX_MB = 128;

  @IsIn(['auto', 'streams', 'polling'], { message: 'use "auto", "streams" or "polling"' })
  CHANGE_FEED: 'auto' | 'streams' | 'polling' = 'auto';

  @Whole(100, 3_600_000, 'whole milliseconds')
  USAGE_FLUSH_MS = 10_000;

  @Whole(1, 3650, 'whole days')
  USAGE_RETENTION_DAYS = 90;

  @IsIn(['on', 'off'], { message: 'use "on" or "off"' })
  USAGE_ADDRESSES: 'on' | 'off' = 'on';

  @List()
  @IsIpRange({ each: true, message: 'use addresses and CIDR ranges of your proxies, separated by commas' })
  TRUST_PROXY: string[] = [];

  @List()
  @Matches(/^[\x21-\x7e]{1,64}$/, {
    each: true,
    message: 'use 1 to 64 visible ASCII characters for each prefix, and separate prefixes by commas',
  })
  IMPORT_TOKEN_PREFIXES: string[] = [];

  @IsOptional()
  @IsRedisUrl({ message: REDIS_URL_REMEDY })
  REDIS_URL: string | undefined = undefined;

  @IsIn(['local', 'deny'], { message: 'use "local" or "deny"' })
  RATE_LIMIT_ON_OUTAGE: 'local' | 'deny' = 'local';

  @Whole(1, 1_000_000, 'a whole number')
  FAILED_CREDENTIALS_PER_MINUTE = 100;

  @Integer()
  @IsIn([429, 403], { message: 'use 429 or 403' })
  FORWARD_AUTH_LIMITED_STATUS: 429 | 403 = 429;

  @IsOptional()
  @IsPublicUrl({
    message: 'use the https address at which clients reach the service, without a query or a fragment',
  })
  PUBLIC_URL: string | undefined = undefined;

  @IsOptional()
  @IsIssuer({ message: ISSUER_REMEDY })
  OIDC_ISSUER: string | undefined = undefined;

  @List()
  @Matches(/^[^\s,]+$/, { each: true, message: 'use the accepted audiences, separated by commas' })
  OIDC_AUDIENCE: string[] = [];

  @IsOptional()
  @IsString()
  OIDC_ORG_CLAIM: string | undefined = undefined;

  @IsOptional()
  @IsString()
  OIDC_ORG_ADMIN_CLAIM: string | undefined = undefined;

  @IsOptional()
  @Matches(/^[^=]+=.+$/, { message: 'use path=value, such as roles=keyward-admin' })
  OIDC_ADMIN_CLAIM: string | undefined = undefined;

  @Json()
  @IsIssuerList()
  OIDC_ISSUERS: OidcIssuerSetting[] = [];

  @IsOptional()
  @IsString()
  OIDC_SWAGGER_CLIENT_ID: string | undefined = undefined;

  @List()
  @IsGrantable({ each: true, message: GRANTABLE_REMEDY })
  USER_GRANTABLE_SCOPES: string[] = [];

  @List()
  @IsGrantable({ each: true, message: GRANTABLE_REMEDY })
  ORG_ADMIN_GRANTABLE_SCOPES: string[] = [];

  @Flag()
  @IsIn([true, false], { message: 'use "true" or "false"' })
  USER_UNBOUND_KEYS = false;

  @Whole(1, 1000, 'a whole number')
  USER_MAX_KEYS = 50;

  @Whole(7, 3650, 'whole days')
  EVENT_RETENTION_DAYS = 365;

  @IsOptional()
  @Matches(/^https?:\/\/[^\s@]+$/, { message: 'use an https address without a user name or a password' })
  WEBHOOK_URL: string | undefined = undefined;

  @List()
  @Matches(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, {
    each: true,
    message: 'use "whsec_" and 24 to 64 random bytes in base64, separated by commas',
  })
  WEBHOOK_SECRETS: string[] = [];

  @Flag()
  @IsIn([true, false], { message: 'use "true" or "false"' })
  WEBHOOK_ALLOW_PRIVATE = false;

  @IsOptional()
  @IsIn(['on', 'off'], { message: 'use "on" or "off"' })
  SWAGGER: 'on' | 'off' | undefined = undefined;

  @IsIn(LOG_LEVELS, { message: `use one of ${LOG_LEVELS.join(', ')}` })
  LOG_LEVEL: (typeof LOG_LEVELS)[number] = 'log';

  @IsOptional()
  @IsIn(['json', 'text'], { message: 'use "json" or "text"' })
  LOG_FORMAT: LogFormat | undefined = undefined;
}

/** The variables whose values may contain a secret. Messages never repeat these values. */
export const SECRET_VARIABLES: ReadonlySet<string> = new Set([
  'MONGODB_URI',
  'REDIS_URL',
  'WEBHOOK_SECRETS',
  'WEBHOOK_URL',
]);

/** An environment and its faults, one sentence for each fault. An environment without faults is valid. */
export interface JudgedEnvironment {
  readonly environment: Environment;
  readonly faults: readonly string[];
}

/**
 * Reads the environment. A variable with an empty value counts as unset, except `NODE_ENV`.
 *
 * @throws ConfigurationError with one line that names each invalid variable, its fault and the remedy
 */
export function readEnvironment(variables: Readonly<Record<string, unknown>>): Environment {
  const { environment, faults } = judgeEnvironment(variables);
  if (faults.length > 0) throw new ConfigurationError(faults.join(' '));
  return environment;
}

/** Reads the environment as {@link readEnvironment} does, but returns the faults instead of throwing. */
export function judgeEnvironment(variables: Readonly<Record<string, unknown>>): JudgedEnvironment {
  const given = Object.keys(new Environment()).flatMap((setting) => {
    const variable = variableOf(setting, variables);
    return variable === undefined ? [] : [[setting, variables[variable]] as const];
  });
  const environment = plainToInstance(Environment, Object.fromEntries(given), { exposeDefaultValues: true });
  const faults = validateSync(environment).map((error) => {
    const variable = variableOf(error.property, variables) ?? error.property;
    const shown = SECRET_VARIABLES.has(variable)
      ? ''
      : ` is ${redactedSetting(JSON.stringify(variables[variable]))}`;
    return `${variable}${shown || ' has a wrong value'}: ${Object.values(error.constraints ?? {})[0]}.`;
  });
  const mongoUri = environment.MONGODB_URI ?? '';
  if (MONGODB_SCHEME.test(mongoUri) && mongoUri.includes('@') && !ENCODED_CREDENTIALS.test(mongoUri)) {
    faults.push(
      'MONGODB_URI contains characters that need percent-encoding in its user name, password or options: write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, [ as %5B, ] as %5D and % as %25.',
    );
  } else if (MONGODB_SCHEME.test(mongoUri) && !NAMES_DATABASE.test(mongoUri)) {
    faults.push(
      'MONGODB_URI names no database, so MongoDB would use "test": add the name after the hosts, as in mongodb://127.0.0.1:27017/keyward.',
    );
  }
  if (environment.STORAGE === 'mongo' && environment.MONGODB_URI === undefined) {
    faults.push(
      'MONGODB_URI is unset while STORAGE is "mongo": set it to the connection string of the database.',
    );
  }
  if (faults.length === 0 && environment.SHUTDOWN_DELAY_MS >= environment.SHUTDOWN_TIMEOUT_MS) {
    faults.push(
      `SHUTDOWN_DELAY_MS is ${environment.SHUTDOWN_DELAY_MS}, and SHUTDOWN_TIMEOUT_MS is ${environment.SHUTDOWN_TIMEOUT_MS}: use a delay that is shorter than the timeout, which includes it.`,
    );
  }
  if (faults.length === 0 && sharesPort(environment)) {
    faults.push(
      `METRICS_PORT and PORT are both ${environment.PORT} on the same address: use another METRICS_PORT.`,
    );
  }
  const { API_KEY_PREFIX: former, API_KEY_PREFIXES: prefixes } = variables;
  if (isSet('API_KEY_PREFIX', former) && isSet('API_KEY_PREFIXES', prefixes) && former !== prefixes) {
    faults.push(
      'API_KEY_PREFIX is the old name of API_KEY_PREFIXES, and their values differ: set API_KEY_PREFIXES only.',
    );
  }
  if ((environment.OIDC_ISSUER === undefined) !== (environment.OIDC_AUDIENCE.length === 0)) {
    faults.push('OIDC_ISSUER and OIDC_AUDIENCE go together: set both, or neither.');
  }
  for (const name of [
    'OIDC_ORG_CLAIM',
    'OIDC_ORG_ADMIN_CLAIM',
    'OIDC_ADMIN_CLAIM',
    'OIDC_SWAGGER_CLIENT_ID',
  ] as const) {
    if (environment[name] !== undefined && environment.OIDC_ISSUER === undefined) {
      faults.push(`${name} is set and OIDC_ISSUER is not: set both, or neither.`);
    }
  }
  if (faults.length === 0 && environment.PUBLIC_URL?.startsWith('http:') === true) {
    const isDevelopment = environment.NODE_ENV === 'development' || environment.NODE_ENV === 'test';
    if (!isDevelopment && !isLocal(environment.PUBLIC_URL))
      faults.push('PUBLIC_URL is not https: use https, or http on this machine or in development only.');
  }
  if ((environment.WEBHOOK_URL === undefined) !== (environment.WEBHOOK_SECRETS.length === 0)) {
    faults.push('WEBHOOK_URL and WEBHOOK_SECRETS go together: set both, or neither.');
  }
  if (environment.WEBHOOK_URL?.startsWith('http:') === true && !environment.WEBHOOK_ALLOW_PRIVATE) {
    faults.push(
      'WEBHOOK_URL is not https: use https, or set WEBHOOK_ALLOW_PRIVATE to "true" for a receiver in your own network.',
    );
  }
  if (faults.length === 0) {
    const issuers = issuersOf(environment).map(({ issuer }) => issuer);
    const repeated = issuers.find((issuer, index) => issuers.indexOf(issuer) < index);
    if (repeated !== undefined) faults.push(`OIDC_ISSUERS repeats the issuer ${repeated}: list it once.`);
  }
  return { environment, faults };
}

/**
 * Returns the name of the variable that contains a setting, which may be an old name. Returns `undefined` if no
 * variable contains it.
 */
export function variableOf(
  setting: string,
  variables: Readonly<Record<string, unknown>>,
): string | undefined {
  const former = setting === 'API_KEY_PREFIXES' ? ['API_KEY_PREFIX'] : [];
  return [setting, ...former].find((name) => isSet(name, variables[name]));
}

function isSet(name: string, value: unknown): boolean {
  return value !== undefined && (value !== '' || name === 'NODE_ENV');
}

function sharesPort({ HOST, PORT, METRICS_HOST, METRICS_PORT }: Environment): boolean {
  const isShared = HOST === METRICS_HOST || [HOST, METRICS_HOST].some((host) => ANY_ADDRESS.has(host));
  return PORT !== 0 && PORT === METRICS_PORT && isShared;
}

/**
 * Returns the storage that the service uses: `STORAGE` if it is set. Otherwise, MongoDB if `MONGODB_URI` is set, and
 * memory if not.
 */
export function storageKindOf(environment: Pick<Environment, 'STORAGE' | 'MONGODB_URI'>): StorageKind {
  return environment.STORAGE ?? (environment.MONGODB_URI === undefined ? 'memory' : 'mongo');
}

/** Returns the MongoDB deployment to connect to, or `null` if the service does not use MongoDB. */
export function mongoOf(
  environment: Pick<Environment, 'STORAGE' | 'MONGODB_URI' | 'MONGODB_CONNECT_TIMEOUT_MS'>,
): MongoTarget | null {
  const { MONGODB_URI: uri, MONGODB_CONNECT_TIMEOUT_MS: connectTimeoutMs } = environment;
  return storageKindOf(environment) === 'mongo' && uri !== undefined ? { uri, connectTimeoutMs } : null;
}

/** Returns `LOG_FORMAT` if it is set. Otherwise, returns text in development and test, and JSON elsewhere. */
export function logFormatOf({
  LOG_FORMAT: format,
  NODE_ENV: environment,
}: Pick<Environment, 'LOG_FORMAT' | 'NODE_ENV'>): LogFormat {
  if (format !== undefined) return format;
  return environment === 'development' || environment === 'test' ? 'text' : 'json';
}

/**
 * Returns the identity providers whose sessions are accepted: the one in `OIDC_ISSUER`, then those in `OIDC_ISSUERS`.
 */
export function issuersOf(
  environment: Pick<
    Environment,
    | 'OIDC_ISSUER'
    | 'OIDC_AUDIENCE'
    | 'OIDC_ORG_CLAIM'
    | 'OIDC_ORG_ADMIN_CLAIM'
    | 'OIDC_ADMIN_CLAIM'
    | 'OIDC_ISSUERS'
  >,
): readonly OidcIssuerSetting[] {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = environment;
  const first =
    issuer === undefined
      ? []
      : [
          {
            issuer,
            audience,
            orgClaim: environment.OIDC_ORG_CLAIM,
            orgAdminClaim: environment.OIDC_ORG_ADMIN_CLAIM,
            adminClaim: environment.OIDC_ADMIN_CLAIM,
          },
        ];
  return [...first, ...environment.OIDC_ISSUERS];
}

/** Returns the webhook to which events are sent, or `undefined` if `WEBHOOK_URL` is unset. */
export function webhookOf({
  WEBHOOK_URL: url,
  WEBHOOK_SECRETS: secrets,
  WEBHOOK_ALLOW_PRIVATE: allowPrivateAddresses,
}: Pick<Environment, 'WEBHOOK_URL' | 'WEBHOOK_SECRETS' | 'WEBHOOK_ALLOW_PRIVATE'>):
  | { readonly url: string; readonly secrets: readonly string[]; readonly allowPrivateAddresses: boolean }
  | undefined {
  return url === undefined ? undefined : { url, secrets, allowPrivateAddresses };
}
