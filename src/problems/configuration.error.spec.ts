import { ConfigurationError } from './configuration.error';

describe('a refused configuration', () => {
  it('is one sentence for the operator, without a stack trace', () => {
    const error = new ConfigurationError('PORT is "http": use a port number.');
    expect(error).toMatchObject({ name: 'ConfigurationError', code: 'configuration_refused' });
    expect(Object.keys(error)).toEqual([]);
    expect(error.stack).toBe('ConfigurationError: PORT is "http": use a port number.');
  });
});
