import { readEnvironment } from './environment';

const read = (PUBLIC_URL: string, NODE_ENV = 'production'): string | undefined =>
  readEnvironment({ PUBLIC_URL, NODE_ENV }).PUBLIC_URL;

describe('the setting PUBLIC_URL', () => {
  it.each([
    'https://keys.example.com',
    'https://keys.example.com/',
    'https://keys.example.com:8443/acme/keys_1',
    'http://localhost:3000',
    'http://127.0.0.1:3000/keys',
    'http://[::1]:3000',
  ])('accepts %s', (url) => {
    expect(read(url)).toBe(url);
  });

  it.each(['development', 'test'])('accepts http for another machine if NODE_ENV is %s', (environment) => {
    expect(read('http://keyward:3000', environment)).toBe('http://keyward:3000');
  });

  it.each(['production', '', 'Development'])(
    'rejects http for another machine if NODE_ENV is %j',
    (environment) => {
      expect(() => read('http://keyward:3000', environment)).toThrow(
        'PUBLIC_URL is not https: use https, or http on this machine or in development only.',
      );
    },
  );

  it.each([
    'keys.example.com',
    'ftp://keys.example.com',
    'https://',
    'https://keys.example.com?tenant=acme',
    'https://keys.example.com/?',
    'https://keys.example.com/#',
    'https://keys.example.com#top',
    'https://acme:hunter2@keys.example.com',
    'https://keys.example.com/a b',
    'https://keys.example.com/%41',
    'https://keys.example.com/:tenant',
    'https://keys.example.com/*',
    'https://keys.example.com//keys',
    'https://keys.example.com/a/../keys',
    'https://keys.example.com/./keys',
    'https://keys.example.com:99999',
  ])('rejects %s', (url) => {
    expect(() => read(url)).toThrow(
      /^PUBLIC_URL is ".*": use the https address at which clients reach the service, without a query or a fragment\.$/,
    );
  });
});
