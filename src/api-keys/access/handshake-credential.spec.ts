import { withHandshake } from './handshake-credential';
import type { PresentedCredential } from './header-credential';

const none: PresentedCredential = { kind: 'none' };
const inHeader: PresentedCredential = { kind: 'token', scheme: 'bearer', token: 'kw_acme' };

describe('the credential of a connection', () => {
  it.each<[string, unknown, PresentedCredential]>([
    ['authorization', { authorization: 'Bearer kw_acme' }, inHeader],
    ['AUTHORIZATION', { AUTHORIZATION: 'bearer kw_acme' }, inHeader],
    ['x-api-key', { 'X-Api-Key': 'kw_acme' }, { ...inHeader, scheme: 'x-api-key' }],
    ['token', { token: 'kw_acme' }, { ...inHeader, scheme: 'x-api-key' }],
    ['headers', { headers: { Authorization: 'Bearer kw_acme' } }, inHeader],
  ])('is read from the member %s of what the client sent', (_name, sent, expected) => {
    expect(withHandshake(none, sent)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'Bearer kw_acme'],
    ['a number', 1],
    ['a list', ['authorization', 'Bearer kw_acme']],
    ['an object without a credential', { user: 'ada' }],
    ['another scheme', { authorization: 'Digest kw_acme' }],
    ['headers that are no object', { headers: 'Bearer kw_acme' }],
    ['an inherited member', Object.create({ authorization: 'Bearer kw_acme' })],
  ])('is the one in the headers of its request if the client sent %s', (_what, sent) => {
    expect([withHandshake(none, sent), withHandshake(inHeader, sent)]).toEqual([none, inHeader]);
  });

  it.each<[string, unknown]>([
    ['a list', ['kw_acme']],
    ['an object that has no text', { toString: 1, valueOf: 1 }],
    ['lists in lists', JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)],
  ])('is malformed if the client sent %s as the token', (_what, token) => {
    expect(withHandshake(none, { token })).toEqual({ kind: 'token', scheme: 'x-api-key', token: 'Bearer ' });
  });

  it('is read once from what a client sent, however many members that has', () => {
    let reads = 0;
    const counting: ProxyHandler<object> = {
      ownKeys: (target) => {
        reads += 1;
        return Reflect.ownKeys(target);
      },
    };
    const sent = new Proxy({ token: 'kw_acme' }, counting);
    const credentials = [1, 2, 3].map(() => withHandshake(none, sent));
    expect(new Set(credentials.map((each) => each.kind))).toEqual(new Set(['token']));
    expect(reads).toBe(1);
  });

  it('may be sent twice if it is the same', () => {
    expect(withHandshake(inHeader, { token: 'kw_acme' })).toEqual(inHeader);
  });

  it.each<[string, PresentedCredential, unknown]>([
    ['two tokens', inHeader, { token: 'kw_globex' }],
    ['two members', none, { token: 'kw_acme', 'x-api-key': 'kw_globex' }],
    [
      'a member and a header of it',
      none,
      { authorization: 'Bearer kw_acme', headers: { authorization: 'Bearer kw_globex' } },
    ],
    ['a header twice', none, { authorization: 'Bearer kw_acme', Authorization: 'Bearer kw_acme' }],
    ['an ambiguous request', { kind: 'ambiguous' }, { token: 'kw_acme' }],
  ])('is ambiguous with %s', (_what, presented, sent) => {
    expect(withHandshake(presented, sent)).toEqual({ kind: 'ambiguous' });
  });

  it.each<[string, unknown]>([
    ['a number', 5],
    ['an object without a text', { toString: 1, valueOf: 1 }],
    ['a list with a token', ['kw_acme']],
    ['an object that becomes a token', { toString: () => 'kw_acme' }],
  ])('is an invalid token if a member is %s', (_what, token) => {
    const noToken = expect.not.stringContaining('kw_acme') as string;
    expect(withHandshake(none, { token })).toEqual({ kind: 'token', scheme: 'x-api-key', token: noToken });
    expect(withHandshake(none, { authorization: token })).toEqual({
      kind: 'token',
      scheme: 'bearer',
      token: '',
    });
    expect(withHandshake(inHeader, { token })).toEqual({ kind: 'ambiguous' });
  });

  it.each([null, undefined])('is the one in the headers of its request if a member is %s', (token) => {
    expect([withHandshake(none, { token }), withHandshake(inHeader, { token })]).toEqual([none, inHeader]);
  });
});
