import { ConfigurationError } from '../problems/configuration.error';
import { logFormatOf, readEnvironment } from './environment';

const origins = 'use origins such as https://app.example.com, separated by commas';
const timeout = 'use whole milliseconds from 100 to 3600000';

describe('a setting for the operation of the service', () => {
  it.each([
    ['METRICS_PORT', '0', 0],
    ['METRICS_PORT', '9100', 9100],
    ['METRICS_HOST', '0.0.0.0', '0.0.0.0'],
    ['CORS_ORIGINS', 'https://app.example.com', ['https://app.example.com']],
    ['CORS_ORIGINS', 'https://a.test, http://b.test:8080', ['https://a.test', 'http://b.test:8080']],
    ['REQUEST_TIMEOUT_MS', '100', 100],
    ['KEEP_ALIVE_TIMEOUT_MS', '65000', 65_000],
    ['SHUTDOWN_DELAY_MS', '5000', 5000],
    ['SHUTDOWN_TIMEOUT_MS', '600000', 600_000],
    ['LOG_FORMAT', 'json', 'json'],
  ])('accepts %s=%j', (name, value, read) => {
    expect(readEnvironment({ [name]: value })).toMatchObject({ [name]: read });
  });

  it.each([
    ['METRICS_PORT', '65536', 'use a port number from 0 to 65535'],
    ['METRICS_PORT', 'on', 'use a port number from 0 to 65535'],
    ['METRICS_HOST', 'http://x', 'use a host name or an address to listen on, such as 127.0.0.1'],
    ['CORS_ORIGINS', '*', origins],
    ['CORS_ORIGINS', 'null', origins],
    ['CORS_ORIGINS', 'https://*.example.com', origins],
    ['CORS_ORIGINS', 'https://app.example.com/', origins],
    ['CORS_ORIGINS', 'https://APP.example.com', origins],
    ['CORS_ORIGINS', 'https://app.example.com:443', origins],
    ['CORS_ORIGINS', 'app.example.com', origins],
    ['CORS_ORIGINS', 'https://a.test,', origins],
    ['CORS_ORIGINS', 'file:///x', origins],
    ['REQUEST_TIMEOUT_MS', '0', timeout],
    ['KEEP_ALIVE_TIMEOUT_MS', '5s', timeout],
    ['SHUTDOWN_DELAY_MS', '-1', 'use whole milliseconds from 0 to 600000'],
    ['SHUTDOWN_TIMEOUT_MS', '0', 'use whole milliseconds from 1 to 600000'],
    ['LOG_FORMAT', 'xml', 'use "json" or "text"'],
  ])('rejects %s=%j with an error that says what to use instead', (name, value, remedy) => {
    expect(() => readEnvironment({ [name]: value })).toThrow(
      new ConfigurationError(`${name} is ${JSON.stringify(value)}: ${remedy}.`),
    );
  });

  it.each([{}, { HOST: '0.0.0.0' }, { METRICS_HOST: '::' }])(
    'rejects a METRICS_PORT that equals PORT on the same address: %j',
    (hosts) => {
      const both = { PORT: '9100', METRICS_PORT: '9100', ...hosts };
      expect(() => readEnvironment(both)).toThrow(
        'METRICS_PORT and PORT are both 9100 on the same address: use another METRICS_PORT.',
      );
    },
  );

  it.each([
    { PORT: '9100', METRICS_PORT: '9100', METRICS_HOST: '127.0.0.2' },
    { PORT: '9100', METRICS_PORT: '9101' },
    { PORT: '0', METRICS_PORT: '0' },
  ])('accepts a PORT and a METRICS_PORT that do not conflict: %j', (both) => {
    expect(readEnvironment(both)).toMatchObject({ PORT: Number(both.PORT) });
  });

  it.each([
    'redis://127.0.0.1',
    'redis://127.0.0.1:6379/',
    'rediss://:pass%2Fword@cache.acme.example:6379/15',
    'redis://[::1]:6379/0?family=6',
    'redis+cluster://127.0.0.1:7000,127.0.0.1:7001,[::1]:7002',
    'rediss+cluster://keyward:pass%2Fword@cluster.acme.example:6379',
  ])('accepts REDIS_URL=%s', (url) => {
    expect(readEnvironment({ REDIS_URL: url }).REDIS_URL).toBe(url);
  });

  it.each([
    'redis://',
    'redis:///0',
    'http://127.0.0.1',
    '127.0.0.1:6379',
    'redis://[::1',
    'redis://127.0.0.1:99999',
    'redis://127.0.0.1/keyward',
    'redis://127.0.0.1/1/2',
    'redis://127.0.0.1/-1',
    'redis://?x',
    'redis://127.0.0.1/?db=keyward',
    'redis://:p%w@127.0.0.1',
    'redis://127.0.0.1:7000,127.0.0.1:7001',
    'redis+cluster://',
    'redis+cluster://127.0.0.1:7000,',
    'redis+cluster://127.0.0.1:7000/1',
    'redis+cluster://127.0.0.1:99999',
    'redis+cluster://a@127.0.0.1,b@127.0.0.1',
    'redis+cluster://:p%w@127.0.0.1',
  ])('rejects REDIS_URL=%s with an error that names valid formats and does not repeat the value', (url) => {
    expect(() => readEnvironment({ REDIS_URL: url })).toThrow(
      'REDIS_URL has a wrong value: use redis:// or rediss:// and a host, or redis+cluster:// or rediss+cluster:// and hosts separated by commas; percent-encode the user name and the password, and give the database as a number.',
    );
  });

  it('rejects a shutdown delay that is not shorter than the shutdown timeout', () => {
    const both = { SHUTDOWN_DELAY_MS: '5000', SHUTDOWN_TIMEOUT_MS: '5000' };
    expect(() => readEnvironment(both)).toThrow(
      'SHUTDOWN_DELAY_MS is 5000, and SHUTDOWN_TIMEOUT_MS is 5000: use a delay that is shorter',
    );
  });

  it.each([
    ['json', {}],
    ['json', { NODE_ENV: 'production' }],
    ['json', { NODE_ENV: 'Development' }],
    ['text', { NODE_ENV: 'development' }],
    ['text', { NODE_ENV: 'test' }],
    ['text', { NODE_ENV: 'production', LOG_FORMAT: 'text' }],
    ['json', { NODE_ENV: 'development', LOG_FORMAT: 'json' }],
  ])('results in the log format %s: %j', (format, variables) => {
    expect(logFormatOf(readEnvironment(variables))).toBe(format);
  });
});
