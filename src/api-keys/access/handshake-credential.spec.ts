import { withHandshake } from './handshake-credential';
import type { PresentedCredential } from './header-credential';

const none: PresentedCredential = { kind: 'none' };
const inHeaders: PresentedCredential = { kind: 'token', scheme: 'bearer', token: 'kw_one' };

/** Returns the token of a handshake, or the kind of its credential. */
function tokenOf(handshake: unknown, headers: PresentedCredential = none): string {
  const credential = withHandshake(headers, handshake);
  return credential.kind === 'token' ? credential.token : credential.kind;
}

describe('withHandshake', () => {
  it.each([
    ['token', { token: 'kw_one' }],
    ['authorization', { authorization: 'Bearer kw_one' }],
    ['x-api-key in another case', { 'X-Api-Key': 'kw_one' }],
    ['a member of headers', { headers: { Authorization: 'Bearer kw_one' } }],
    ['the same token twice', { token: 'kw_one', headers: { authorization: 'Bearer kw_one' } }],
  ])('reads %s', (_name, handshake) => {
    expect(tokenOf(handshake)).toBe('kw_one');
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'kw_one'],
    ['an empty object', {}],
    ['a token that is null', { token: null }],
    ['a token that is undefined', { token: undefined }],
    ['other members', { name: 'kw_one', constructor: 'kw_one', headers: 'kw_one' }],
    ['an inherited token', Object.create({ token: 'kw_one' })],
  ])('keeps the credential of the headers if the handshake has %s', (_name, handshake: unknown) => {
    expect(tokenOf(handshake)).toBe('none');
    expect(tokenOf(handshake, inHeaders)).toBe('kw_one');
  });

  it.each([
    ['a number', 5],
    ['an object without a text', { toString: 1, valueOf: 1 }],
    ['a list with a token', ['kw_one']],
    ['an object that becomes a token', { toString: () => 'kw_one' }],
  ])('reads no token from %s, but does not ignore it', (_name, token: unknown) => {
    expect(withHandshake(none, { token })).toMatchObject({
      kind: 'token',
      token: expect.not.stringContaining('kw') as string,
    });
    expect(withHandshake(inHeaders, { token })).toEqual({ kind: 'ambiguous' });
    expect(withHandshake(none, { authorization: token })).toMatchObject({ kind: 'token', token: '' });
  });

  it('rejects two different tokens', () => {
    expect(tokenOf({ token: 'kw_two' }, inHeaders)).toBe('ambiguous');
    expect(tokenOf({ token: 'kw_one', authorization: 'Bearer kw_two' })).toBe('ambiguous');
    expect(tokenOf({ token: 'kw_one', Token: 'kw_one' })).toBe('ambiguous');
    expect(tokenOf({ token: 'kw_one' }, inHeaders)).toBe('kw_one');
  });
});
