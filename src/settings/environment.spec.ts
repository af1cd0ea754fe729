import { ConfigurationError } from '../problems/configuration.error';
import { readEnvironment, storageKindOf, webhookOf } from './environment';

/** Returns the message for an operator; empty if the environment is accepted. */
function refusal(variables: Readonly<Record<string, unknown>>): string {
  try {
    readEnvironment(variables);
    return '';
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message;
  }
}

const DEFAULTS = {
  NODE_ENV: undefined,
  HOST: '127.0.0.1',
  PORT: 3000,
  STORAGE: undefined,
  MONGODB_URI: undefined,
  MONGODB_CONNECT_TIMEOUT_MS: 30_000,
  API_KEY_PREFIXES: ['kw'],
  API_KEY_MAX_TTL_DAYS: undefined,
  USAGE_FLUSH_MS: 10_000,
  USAGE_RETENTION_DAYS: 90,
  USAGE_ADDRESSES: 'on',
  SWAGGER: undefined,
  LOG_LEVEL: 'log',
};
const names = Object.keys(DEFAULTS);

describe('an environment without settings', () => {
  it('has the defaults', () => {
    expect(readEnvironment({})).toMatchObject(DEFAULTS);
  });

  it('also has the defaults if the variables are empty, except for NODE_ENV', () => {
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    expect(readEnvironment(empty)).toMatchObject({ ...DEFAULTS, NODE_ENV: '' });
  });

  it('ignores the variables of other programs', () => {
    expect(readEnvironment({ PATH: '/bin', port: 'x', PORT_: 'x' })).not.toHaveProperty('PATH');
  });
});

describe('a valid setting', () => {
  it.each([
    ['NODE_ENV', 'production', 'production'],
    ['NODE_ENV', 'Production', 'Production'],
    ['HOST', '0.0.0.0', '0.0.0.0'],
    ['HOST', '::', '::'],
    ['HOST', 'keys.acme.example', 'keys.acme.example'],
    ['PORT', '0', 0],
    ['PORT', '8080', 8080],
    ['PORT', '65535', 65_535],
    ['STORAGE', 'memory', 'memory'],
    ['MONGODB_URI', 'mongodb://user:pass@db:27017/keys', 'mongodb://user:pass@db:27017/keys'],
    ['MONGODB_URI', 'mongodb+srv://db.acme.example/keys', 'mongodb+srv://db.acme.example/keys'],
    ['MONGODB_URI', 'mongodb://a:1,[::1]:2/keys?replicaSet=rs0', 'mongodb://a:1,[::1]:2/keys?replicaSet=rs0'],
    ['MONGODB_URI', 'mongodb://db/keys?appName=me%40acme', 'mongodb://db/keys?appName=me%40acme'],
    [
      'MONGODB_URI',
      'mongodb://u%40x:p%2Fs%3As@db/keys?appName=a@b',
      'mongodb://u%40x:p%2Fs%3As@db/keys?appName=a@b',
    ],
    ['MONGODB_URI', 'mongodb://%2Ftmp%2Fdb.sock/keys', 'mongodb://%2Ftmp%2Fdb.sock/keys'],
    ['MONGODB_CONNECT_TIMEOUT_MS', '0', 0],
    ['API_KEY_PREFIXES', 'acme_live', ['acme_live']],
    ['API_KEY_PREFIXES', 'acme_live, acme_test', ['acme_live', 'acme_test']],
    ['API_KEY_MAX_TTL_DAYS', '90', 90],
    ['USER_GRANTABLE_SCOPES', 'memory:*, api-keys:rotate-self', ['memory:*', 'api-keys:rotate-self']],
    ['USAGE_FLUSH_MS', '100', 100],
    ['USAGE_FLUSH_MS', '3600000', 3_600_000],
    ['USAGE_RETENTION_DAYS', '1', 1],
    ['USAGE_RETENTION_DAYS', '3650', 3650],
    ['USAGE_ADDRESSES', 'off', 'off'],
    ['EVENT_RETENTION_DAYS', '7', 7],
    ['EVENT_RETENTION_DAYS', '3650', 3650],
    ['WEBHOOK_ALLOW_PRIVATE', 'true', true],
    ['SWAGGER', 'off', 'off'],
    ['LOG_LEVEL', 'debug', 'debug'],
  ])('is accepted: %s=%j', (name, value, read) => {
    expect(readEnvironment({ [name]: value })).toMatchObject({ ...DEFAULTS, [name]: read });
  });
});

describe('the message about an invalid setting', () => {
  const host = 'use a host name or an address to listen on, such as 127.0.0.1';
  const port = 'use a port number from 0 to 65535';
  const milliseconds = 'use whole milliseconds from 0 to 3600000';
  const grantable =
    'use scopes such as memory:read, separated by commas, without "*" and without scopes of Keyward itself (api-keys:*, users:*, events:*, keyward:*)';
  const days = 'use whole days from 1 to 36500, or leave it unset for no maximum';
  const flush = 'use whole milliseconds from 100 to 3600000';
  const retention = 'use whole days from 1 to 3650';
  const prefix = 'use 2 to 16 lower-case letters, digits and inner underscores for each prefix';

  it.each([
    ['HOST', 'acme example', host],
    ['HOST', 'http://acme', host],
    ['HOST', '127.0.0.1\n', host],
    ['PORT', '-1', port],
    ['PORT', '65536', port],
    ['PORT', '80.5', port],
    ['PORT', '3000 ', port],
    ['PORT', '0x50', port],
    ['PORT', '1e3', port],
    ['PORT', '８０', port],
    ['PORT', 'http', port],
    ['STORAGE', 'Mongo', 'use "mongo", or "memory" in development and test'],
    ['STORAGE', 'redis', 'use "mongo", or "memory" in development and test'],
    ['MONGODB_CONNECT_TIMEOUT_MS', '3600001', milliseconds],
    ['MONGODB_CONNECT_TIMEOUT_MS', '-1', milliseconds],
    ['MONGODB_CONNECT_TIMEOUT_MS', '5s', milliseconds],
    ['USER_GRANTABLE_SCOPES', 'Memory', grantable],
    ['USER_GRANTABLE_SCOPES', '*', grantable],
    ['ORG_ADMIN_GRANTABLE_SCOPES', '*', grantable],
    ['ORG_ADMIN_GRANTABLE_SCOPES', 'memory:read,users:write', grantable],
    ['USER_GRANTABLE_SCOPES', 'memory:read,api-keys:*', grantable],
    ['USER_GRANTABLE_SCOPES', 'users:read', grantable],
    ['USER_GRANTABLE_SCOPES', 'keyward:policies:write', grantable],
    ['API_KEY_PREFIXES', 'KW', prefix],
    ['API_KEY_PREFIXES', 'k', prefix],
    ['API_KEY_PREFIXES', 'k'.repeat(17), prefix],
    ['API_KEY_PREFIXES', 'kw_', prefix],
    ['API_KEY_PREFIXES', 'k\nw', prefix],
    ['API_KEY_PREFIXES', 'kw,', prefix],
    ['API_KEY_PREFIXES', 'kw,kw', 'name each prefix once'],
    ['API_KEY_PREFIX', 'KW', prefix],
    ['API_KEY_MAX_TTL_DAYS', '0', days],
    ['API_KEY_MAX_TTL_DAYS', '36501', days],
    ['API_KEY_MAX_TTL_DAYS', '1.5', days],
    ['API_KEY_MAX_TTL_DAYS', 'never', days],
    ['USAGE_FLUSH_MS', '99', flush],
    ['USAGE_FLUSH_MS', '3600001', flush],
    ['USAGE_FLUSH_MS', '10s', flush],
    ['USAGE_RETENTION_DAYS', '0', retention],
    ['USAGE_RETENTION_DAYS', '3651', retention],
    ['USAGE_RETENTION_DAYS', '-90', retention],
    ['USAGE_ADDRESSES', 'no', 'use "on" or "off"'],
    ['EVENT_RETENTION_DAYS', '6', 'use whole days from 7 to 3650'],
    ['EVENT_RETENTION_DAYS', '3651', 'use whole days from 7 to 3650'],
    ['WEBHOOK_ALLOW_PRIVATE', 'yes', 'use "true" or "false"'],
    ['SWAGGER', 'true', 'use "on" or "off"'],
    ['SWAGGER', 'ON', 'use "on" or "off"'],
    ['LOG_LEVEL', 'info', 'use one of fatal, error, warn, log, debug, verbose'],
  ])('says in one line which value is invalid and what to use instead: %s=%j', (name, value, remedy) => {
    expect(refusal({ [name]: value })).toBe(`${name} is ${JSON.stringify(value)}: ${remedy}.`);
  });

  it.each([
    'postgres://root:hunter2@db',
    'hunter2',
    'mongodb://',
    'mongodb:root:hunter2@db',
    ' mongodb://hunter2',
  ])('does not repeat an invalid MONGODB_URI, which may contain a password: %j', (value) => {
    const remedy = 'use a connection string that begins with mongodb:// or mongodb+srv://';
    expect(refusal({ MONGODB_URI: value })).toBe(`MONGODB_URI has a wrong value: ${remedy}.`);
  });

  it.each([
    'mongodb://db',
    'mongodb://db/',
    'mongodb://root:hunter2@a:1,b:2',
    'mongodb://root:hunter2@a:1,b:2/?replicaSet=rs0',
    'mongodb+srv://root:hunter2@db.acme.example?retryWrites=true',
  ])('says that MONGODB_URI names no database: %j', (value) => {
    const message = refusal({ MONGODB_URI: value });
    expect(message).toMatch(
      /^MONGODB_URI names no database, .* add the name after the hosts, as in \S+\/keyward\.$/,
    );
    expect(message).not.toContain('hunter2');
  });

  it.each([
    'mongodb://u:hunter@2@h/db',
    'mongodb://u:hunter@2@h',
    'mongodb://u@acme:hunter2@h/db',
    'mongodb://u:hunter:2@h/db',
    'mongodb://u:hunter/2@h/db',
    'mongodb://u:1/hunter2@h/db',
    'mongodb+srv://u:hunter?2@h/db',
    'mongodb://u:hunter#2@h/db',
    'mongodb://u:hunter[2@h/db',
    'mongodb://u:hunter]2@h/db',
    'mongodb://u:hunter%2@h/db',
    'mongodb://h/db?appName=hunter@2',
  ])('asks to percent-encode MONGODB_URI, without repeating it: %j [T99]', (value) => {
    const message = refusal({ MONGODB_URI: value });
    expect(message).toMatch(/^MONGODB_URI contains characters that need percent-encoding .*write @ as %40/);
    expect(message).not.toContain('names no database');
    expect(message).not.toContain('hunter');
  });

  it('redacts passwords and tokens in other variables', () => {
    const token = `kw_01jd8x4k2m6n8p0q2r4s6t8v0w_${'s'.repeat(43)}abc123`;
    expect(refusal({ CORS_ORIGINS: 'https://me:hunter@2@acme.example' })).not.toContain('hunter');
    expect(refusal({ API_KEY_PREFIX: token })).toContain('[token of 01jd8x4k2m6n8p0q2r4s6t8v0w]');
    expect(refusal({ API_KEY_PREFIX: token })).not.toContain('sssss');
  });

  it('names all invalid variables in one line', () => {
    const message = refusal({ PORT: 'http', LOG_LEVEL: 'loud\n', SWAGGER: 'yes', STORAGE: 'mongo' });
    expect(message).not.toContain('\n');
    for (const name of ['PORT', 'LOG_LEVEL', 'SWAGGER', 'MONGODB_URI']) expect(message).toContain(name);
  });

  it.each([{ STORAGE: 'mongo' }, { STORAGE: 'mongo', MONGODB_URI: '' }])(
    'asks for MONGODB_URI if STORAGE is mongo: %j',
    (variables) => {
      expect(refusal(variables)).toBe(
        'MONGODB_URI is unset while STORAGE is "mongo": set it to the connection string of the database.',
      );
    },
  );
});

describe('the old name API_KEY_PREFIX', () => {
  it.each([
    [{ API_KEY_PREFIX: 'mem' }, ['mem']],
    [{ API_KEY_PREFIX: 'mem', API_KEY_PREFIXES: '' }, ['mem']],
    [{ API_KEY_PREFIX: '', API_KEY_PREFIXES: 'mem,mem_test' }, ['mem', 'mem_test']],
    [{ API_KEY_PREFIX: 'mem', API_KEY_PREFIXES: 'mem' }, ['mem']],
    [{ API_KEY_PREFIX: '' }, ['kw']],
  ])('still works: %j', (variables, prefixes) => {
    expect(readEnvironment(variables).API_KEY_PREFIXES).toEqual(prefixes);
  });

  it('is rejected if API_KEY_PREFIXES has a different value', () => {
    expect(refusal({ API_KEY_PREFIX: 'mem', API_KEY_PREFIXES: 'kw,mem' })).toBe(
      'API_KEY_PREFIX is the old name of API_KEY_PREFIXES, and their values differ: set API_KEY_PREFIXES only.',
    );
  });
});

describe('the storage of the service', () => {
  const uri = 'mongodb://db';

  it.each([
    ['memory', undefined, undefined],
    ['mongo', undefined, uri],
    ['mongo', 'mongo', uri],
    ['memory', 'memory', undefined],
    ['memory', 'memory', uri],
  ] as const)('is %s if STORAGE is %s and MONGODB_URI is %s', (kind, storage, address) => {
    expect(storageKindOf({ STORAGE: storage, MONGODB_URI: address })).toBe(kind);
  });
});

describe('the webhook of the service', () => {
  const secrets = [7, 8].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);
  const WEBHOOK_URL = 'https://hooks.acme.example/keyward?tenant=acme';
  const WEBHOOK_SECRETS = secrets.join(', ');

  it('is off by default, and has the URL and the secrets of the settings if they are set', () => {
    expect(webhookOf(readEnvironment({}))).toBeUndefined();
    expect(webhookOf(readEnvironment({ WEBHOOK_URL, WEBHOOK_SECRETS }))).toEqual({
      url: WEBHOOK_URL,
      secrets,
      allowPrivateAddresses: false,
    });
  });

  it('requires both a URL and secrets, or neither', () => {
    const sentence = 'WEBHOOK_URL and WEBHOOK_SECRETS go together: set both, or neither.';
    expect(refusal({ WEBHOOK_URL })).toBe(sentence);
    expect(refusal({ WEBHOOK_SECRETS })).toBe(sentence);
  });

  it('requires an https URL unless WEBHOOK_ALLOW_PRIVATE is true', () => {
    const variables = { WEBHOOK_URL: 'http://127.0.0.1:9000/', WEBHOOK_SECRETS };
    expect(refusal(variables)).toMatch(/^WEBHOOK_URL is not https: /);
    expect(refusal({ ...variables, WEBHOOK_ALLOW_PRIVATE: 'true' })).toBe('');
  });

  it.each([
    ['WEBHOOK_URL', 'https://root:hunter2@hooks.acme.example'],
    ['WEBHOOK_URL', 'hunter2'],
    ['WEBHOOK_SECRETS', 'hunter2'],
    ['WEBHOOK_SECRETS', 'whsec_hunter2'],
    ['WEBHOOK_SECRETS', `${WEBHOOK_SECRETS},hunter2`],
  ])('rejects %s=%j without repeating the value, which may contain a secret', (name, value) => {
    const message = refusal({ WEBHOOK_URL, WEBHOOK_SECRETS, [name]: value });
    expect(message).toMatch(new RegExp(`^${name} has a wrong value: use `));
    expect(message).not.toContain('hunter2');
  });
});
