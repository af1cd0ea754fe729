import { assert, property, string } from 'fast-check';
import { issueToken } from '../api-keys/domain/key-token';
import { newKeyId } from '../api-keys/domain/key-id';
import { redactionOf, shown } from './redaction';

const { token, keyId } = issueToken('kw', newKeyId(new Date()));
const secret = token.slice(-49);
const jwt = `eyJhbGciOiJSUzI1NiJ9.${'eyJzdWIiOiJ1c2VyIn0'.repeat(3)}.c2lnbmF0dXJl`;
const redact = redactionOf(['legacy-', 'sk.live$']);

describe('a text on its way into a log', () => {
  it.each([
    ['a token', token, `[token of ${keyId}]`],
    ['a token in a sentence', `bad token "${token}", sorry`, `bad token "[token of ${keyId}]", sorry`],
    ['a token in a query', `/x?token=${token}&a=1`, `/x?token=[token of ${keyId}]&a=1`],
    ['a token with another prefix', token.replace('kw_', 'acme_live_'), `[token of ${keyId}]`],
    ['two tokens side by side', `${token},${token}`, `[token of ${keyId}],[token of ${keyId}]`],
    ['a token with more behind', `${token}x`, `[token of ${keyId}]`],
    ['the better half of a token', token.slice(0, 55), `[token of ${keyId}]`],
    ['a session', `got ${jwt}.`, 'got [session]'],
    ['a session without a signature', `${jwt.split('.').slice(0, 2).join('.')}.`, '[session]'],
    ['a header', `authorization: 'Bearer ${'x'.repeat(24)}'`, "authorization: 'Bearer [credential]'"],
    ['Basic', `Basic ${Buffer.from(`${keyId}:${token}`).toString('base64')}`, 'Basic [credential]'],
    ['a password in an address', 'mongodb://root:hunter2@db:27017/k', 'mongodb://[credential]@db:27017/k'],
    ['an imported token', 'key legacy-0123456789abcdef!"#x end', 'key [imported token] end'],
    ['a prefix that a pattern would misread', 'sk.live$0123456789', '[imported token]'],
  ])('loses %s', (_what, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    'Bearer realm="keyward"',
    'Mapped {/v1/api-keys/:id, GET} route',
    'MongoServerSelectionError: connect ECONNREFUSED 127.0.0.1:27017',
    keyId,
    '0b4c0a4e-8f4f-4f59-8c38-5d2f0a6b7c1d',
    'eye.catching.words',
  ])('keeps %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('loses a token wherever it stands', () => {
    assert(
      property(string(), string(), (before, after) => {
        expect(redact(before + token + after)).not.toContain(secret);
        expect(redact(`${before} ${jwt} ${after}`)).not.toContain(jwt);
      }),
    );
  });

  it('loses it out of messages, stacks, causes and members of errors', () => {
    const error = new Error(`outer ${token}`, { cause: new Error(`inner ${token}`) });
    Object.assign(error, { request: { headers: { authorization: `Bearer ${token}` } } });
    expect(shown(error)).toContain(secret);
    expect(redact(shown(error))).not.toContain(secret);
    expect(redact(shown(error))).toContain(`inner [token of ${keyId}]`);
  });

  it('is looked through in no time, however it was made', () => {
    const hostile = [
      ...['_', 'ey', 'ey-', 'ey.', 'eyeyeyey.', 'a_', '//', 'Bearer '].map((part) => part.repeat(50_000)),
      `${'ey-'.repeat(50_000)}.a.`,
      `${'ey-'.repeat(50_000)}.aaaa`,
    ];
    for (const text of hostile) expect(redact(text).length).toBeGreaterThan(0);
  });
});
