import { ConfigurationError } from './configuration.error';

describe('ConfigurationError', () => {
  it('has one sentence for the operator and no stack trace', () => {
    const error = new ConfigurationError('PORT is "http": use a port number.');
    expect(error).toMatchObject({ name: 'ConfigurationError', code: 'configuration_refused' });
    expect(Object.keys(error)).toEqual([]);
    expect(error.stack).toBe('ConfigurationError: PORT is "http": use a port number.');
  });
});
