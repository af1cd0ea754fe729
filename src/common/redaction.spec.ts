import { assert, property, string } from 'fast-check';
import { issueToken } from '../api-keys/domain/token/key-token';
import { newKeyId } from '../api-keys/domain/key-id';
import { redactedSetting, redactionOf, shown } from './redaction';

const { token, keyId } = issueToken('kw', newKeyId(new Date()));
const secret = token.slice(-49);
const jwt = `eyJhbGciOiJSUzI1NiJ9.${'eyJzdWIiOiJ1c2VyIn0'.repeat(3)}.c2lnbmF0dXJl`;
const redact = redactionOf(['legacy-', 'sk.live$']);

describe('the redaction of a log', () => {
  it.each([
    ['a token', token, `[token of ${keyId}]`],
    ['a token in a sentence', `bad token "${token}", sorry`, `bad token "[token of ${keyId}]", sorry`],
    ['a token in a query', `/x?token=${token}&a=1`, `/x?token=[token of ${keyId}]&a=1`],
    ['a token with another prefix', token.replace('kw_', 'acme_live_'), `[token of ${keyId}]`],
    ['two adjacent tokens', `${token},${token}`, `[token of ${keyId}],[token of ${keyId}]`],
    ['a token with an extra character', `${token}x`, `[token of ${keyId}]`],
    ['a part of a token', token.slice(0, 55), `[token of ${keyId}]`],
    ['a session', `got ${jwt}.`, 'got [session]'],
    ['a session without a signature', `${jwt.split('.').slice(0, 2).join('.')}.`, '[session]'],
    ['a Bearer header', `authorization: 'Bearer ${'x'.repeat(24)}'`, "authorization: 'Bearer [credential]'"],
    ['a Basic header', `Basic ${Buffer.from(`${keyId}:${token}`).toString('base64')}`, 'Basic [credential]'],
    ['a password in an address', 'mongodb://root:hunter2@db:27017/k', 'mongodb://***@db:27017/k'],
    ['a password with an @', 'mongodb://u:p@ss@h/db', 'mongodb://***@h/db'],
    ['a password with a slash', 'try redis://u:p/ss@h/0 again', 'try redis://***@h/0 again'],
    ['a password with a space', 'try mongodb+srv://u:p ss@h/db again', 'try mongodb+srv://***@h/db again'],
    ['a password with ://', 'rediss://:p://ss@h', 'rediss://***@h'],
    ['a cluster', 'redis+cluster://u:p/ss@a:1,b:2', 'redis+cluster://***@a:1,b:2'],
    ['a password of digits and a slash', 'mongodb://u:1/2@h/db', 'mongodb://***@h/db'],
    ['a password in a web address', 'GET https://me:p@ss/1@acme.example/x', 'GET https://***@acme.example/x'],
    ['a user without a password', 'https://ghp_secret@acme.example/x', 'https://***@acme.example/x'],
    [
      'a password after another address',
      '{"a":"https://h/x","b":"amqp://u:p@q"}',
      '{"a":"https://h/x","b":"amqp://***@q"}',
    ],
    ['a password on each line', 'redis://:p@a\nat http://u:q@b', 'redis://***@a\nat http://***@b'],
    ['an imported token', 'key legacy-0123456789abcdef!"#x end', 'key [imported token] end'],
    ['an imported token whose prefix has regex characters', 'sk.live$0123456789', '[imported token]'],
  ])('removes %s', (_what, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    'Bearer realm="keyward"',
    'Mapped {/v1/api-keys/:id, GET} route',
    'MongoServerSelectionError: connect ECONNREFUSED 127.0.0.1:27017',
    keyId,
    '0b4c0a4e-8f4f-4f59-8c38-5d2f0a6b7c1d',
    'eye.catching.words',
    'at file:///srv/node_modules/@nestjs/core/router.js:12:3',
    'https://registry.example.com:8080/@nestjs/core is unreachable',
    'https://id.example.com/ is asked for ada@acme.example',
    'mongodb://a:27017,b:27017/keyward',
  ])('keeps %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('removes a token anywhere in a text [T3]', () => {
    assert(
      property(string(), string(), (before, after) => {
        expect(redact(before + token + after)).not.toContain(secret);
        expect(redact(`${before} ${jwt} ${after}`)).not.toContain(jwt);
      }),
    );
  });

  it('removes tokens from messages, stacks, causes and members of errors', () => {
    const error = new Error(`outer ${token}`, { cause: new Error(`inner ${token}`) });
    Object.assign(error, { request: { headers: { authorization: `Bearer ${token}` } } });
    expect(shown(error)).toContain(secret);
    expect(redact(shown(error))).not.toContain(secret);
    expect(redact(shown(error))).toContain(`inner [token of ${keyId}]`);
  });

  it('is fast for texts that would slow down a naive regular expression', () => {
    const hostile = [
      ...['://', 'redis://', 'a://b:c/', '://@', ' redis://@', '@ ', 'redis://@\n'].map((part) =>
        part.repeat(50_000),
      ),
      ...['_', 'ey', 'ey-', 'ey.', 'eyeyeyey.', 'a_', '//', 'Bearer '].map((part) => part.repeat(50_000)),
      `${'ey-'.repeat(50_000)}.a.`,
      `${'ey-'.repeat(50_000)}.aaaa`,
    ];
    for (const text of hostile) expect(redact(text).length).toBeGreaterThan(0);
  });
});

describe('the redaction of a setting', () => {
  it.each([
    ['https://me:p@s s/x@acme.example/y', 'https://***@acme.example/y'],
    ['https://me:p\n@ss@acme.example', 'https://***@acme.example'],
    [token, `[token of ${keyId}]`],
    ['10.0.0.0/8,::1', '10.0.0.0/8,::1'],
    ['https://acme.example:8080/x', 'https://acme.example:8080/x'],
  ])('converts %j to %j', (value, expected) => {
    expect(redactedSetting(value)).toBe(expected);
  });

  it('removes the password of an address, whatever characters the password has [T99]', () => {
    assert(
      property(string(), string({ minLength: 1 }), (user, password) => {
        const value = `mongodb://${user}:hunter2${password}hunter2@db/keyward`;
        expect(redactedSetting(value)).not.toContain('hunter2');
      }),
    );
  });
});
