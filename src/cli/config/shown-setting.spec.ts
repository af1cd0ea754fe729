import * as fc from 'fast-check';
import { shownSetting } from './shown-setting';

describe('a shown setting', () => {
  it.each([
    ['PORT', 3000, '3000'],
    ['USER_UNBOUND_KEYS', false, 'false'],
    ['TRUST_PROXY', ['10.0.0.0/8', '::1'], '10.0.0.0/8,::1'],
    ['TRUST_PROXY', [], null],
    ['PUBLIC_URL', undefined, null],
    ['PUBLIC_URL', 'https://me:hunter2@acme.example/x', 'https://***@acme.example/x'],
    ['OIDC_ISSUERS', [{ issuer: 'https://id' }], '[{"issuer":"https://id"}]'],
  ])('contains no credentials: %s=%j', (name, value, shown) => {
    expect(shownSetting(name, value)).toBe(shown);
  });

  it.each([
    ['mongodb://db:27017/keyward', 'mongodb://db:27017/keyward'],
    [
      'mongodb://root:hunter2@a:1,b:2/keyward?tlsCertificateKeyFilePassword=hunter2',
      'mongodb://***@a:1,b:2/keyward?…',
    ],
    ['mongodb+srv://root:hunter2@db.acme.example', 'mongodb+srv://***@db.acme.example'],
    ['mongodb://root:hunter2@[::1]:27017/', 'mongodb://***@[::1]:27017/'],
    ['rediss://:hunter2@cache:6379/0', 'rediss://***@cache:6379/0'],
    ['redis+cluster://keyward:hunter2@a:7000,b:7001', 'redis+cluster://***@a:7000,b:7001'],
    ['mongodb://root:hun/ter2@db', '(set, not shown)'],
    ['mongodb://root:hun?ter2@db', '(set, not shown)'],
    ['mongodb://root:hun@ter2@db', '(set, not shown)'],
    ['mongodb://root:hunter2', '(set, not shown)'],
    ['mongodb://db/x?y=hunter2@z', '(set, not shown)'],
    ['http://hunter2', '(set, not shown)'],
    ['hunter2', '(set, not shown)'],
  ])('contains at most the address of the database, never its password: %s', (uri, shown) => {
    expect(shownSetting('MONGODB_URI', uri)).toBe(shown);
  });

  it('never contains a password, whatever characters the password has', () => {
    const password = fc.string({ minLength: 1 }).map((text) => `hunter2${text}hunter2`);
    fc.assert(
      fc.property(password, fc.constantFrom('MONGODB_URI', 'REDIS_URL'), (secret, name) => {
        const scheme = name === 'REDIS_URL' ? 'redis' : 'mongodb';
        expect(shownSetting(name, `${scheme}://root:${secret}@db:1/keys?password=${secret}`)).not.toContain(
          'hunter2',
        );
      }),
    );
  });
});
