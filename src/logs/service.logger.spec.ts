import { ConfigurationError } from '../problems/configuration.error';
import { newKeyId } from '../api-keys/domain/key-id';
import { issueToken } from '../api-keys/domain/token/key-token';
import { writeLogLine } from './log-sink';
import { ServiceLogger } from './service.logger';

jest.mock('./log-sink');

const { token, keyId } = issueToken('kw', newKeyId(new Date()));
const secret = token.slice(-49);

describe.each(['json', 'text'] as const)('a log in the format %s', (format) => {
  const line = jest.mocked(writeLogLine);
  let out: jest.SpyInstance;
  let err: jest.SpyInstance;
  let logger: ServiceLogger;

  const written = (): string =>
    [...line.mock.calls, ...out.mock.calls, ...err.mock.calls].map(([text]) => String(text)).join('\n');

  beforeEach(() => {
    line.mockClear();
    out = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    err = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    logger = new ServiceLogger();
    logger.writeFrom('verbose');
    logger.writeAs(format);
    logger.redactImported(['legacy-']);
  });
  afterEach(() => {
    out.mockRestore();
    err.mockRestore();
  });

  it.each([
    ['a message', () => logger.log(`token ${token}`)],
    ['a warning with a context', () => logger.warn(`token ${token}`, 'Test')],
    ['a stack', () => logger.error('failed', `Error: ${token}\n    at x`, 'Test')],
    ['an error', () => logger.error(new Error(`bad ${token}`))],
    ['the cause of an error', () => logger.error(new Error('x', { cause: new Error(token) }))],
    ['an object', () => logger.log({ headers: { 'x-api-key': token } })],
    ['a list', () => logger.debug([[token]])],
    ['a parameter', () => logger.verbose('x', token, 'Test')],
    ['a fatal error', () => logger.fatal(new Error(token))],
  ])('contains no token if %s contains one', (_what, write) => {
    write();
    expect(written()).not.toBe('');
    expect(written()).not.toContain(secret);
    expect(written()).toContain(`[token of ${keyId}]`);
  });

  it('contains no imported token of another system', () => {
    logger.log('key legacy-abcdefghijklmnopqrstuvwxyz end');
    expect(written()).toContain('key [imported token] end');
  });

  it('contains no ConfigurationError, because the process prints it when it exits', () => {
    logger.error(new ConfigurationError('set PORT'));
    expect(written()).toBe('');
  });

  it('contains no message below the minimum log level', () => {
    logger.writeFrom('warn');
    logger.log('quiet');
    logger.request('log', { method: 'GET' });
    expect(written()).toBe('');
    logger.request('warn', { method: 'GET', status: 503 });
    expect(written()).toContain('503');
  });
});

describe('a log in the format json', () => {
  it('has one JSON object per line, even for messages with stacks and line breaks', () => {
    const line = jest.mocked(writeLogLine);
    line.mockClear();
    const logger = new ServiceLogger();
    logger.writeAs('json');
    logger.error('two\nlines', 'Error: x\n    at y', 'Test');
    expect(line).toHaveBeenCalledTimes(1);
    const [text = ''] = line.mock.calls[0] ?? [];
    expect(text).not.toContain('\n');
    expect(JSON.parse(text)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'error',
      context: 'Test',
      message: 'two\nlines',
      stack: 'Error: x\n    at y',
    });
  });
});
