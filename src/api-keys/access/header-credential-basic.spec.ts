import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import * as fc from 'fast-check';
import { type PresentedCredential, readCredential } from './header-credential';

const ID = '01jd8x4k2m6n8p0q2r4s6t8v0w';

function requestWith(...rawHeaders: readonly string[]): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), { rawHeaders: [...rawHeaders] });
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const read = (authorization: string): PresentedCredential =>
  readCredential(requestWith('Authorization', authorization), true);

describe('HTTP Basic on a route that accepts it', () => {
  it.each<[string, string, string, string]>([
    ['the id of a key and its token', `${ID}:kw_1`, ID, 'kw_1'],
    ['form-encoded texts', '%61cme%3A1:kw_1%2B%25', 'acme:1', 'kw_1+%'],
    ['a plus, which means a space', 'a+b:c+d', 'a b', 'c d'],
    ['a token with colons', 'acme:kw:1:2', 'acme', 'kw:1:2'],
    ['an empty user name', ':kw_1', '', 'kw_1'],
    ['an empty token', 'acme:', 'acme', ''],
    ['no colon, which means no user name', 'kw_1', '', 'kw_1'],
    ['a percent sign that encodes nothing', 'acme%:kw_%zz', 'acme%', 'kw_%zz'],
    ['an encoded character beyond ASCII', 'acm%C3%A9:kw_1', 'acmé', 'kw_1'],
  ])('is decoded if it contains %s', (_what, text, userName, token) => {
    expect(read(basic(text))).toEqual({ kind: 'token', scheme: 'basic', userName, token });
  });

  it('is decoded to the user name and token that were encoded', () => {
    const texts = fc.string({ unit: 'grapheme' }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(
        texts,
        texts.filter((text) => text !== ''),
        (userName, token) => {
          const encoded = `${encodeURIComponent(userName)}:${encodeURIComponent(token)}`;
          expect(read(basic(encoded))).toEqual({ kind: 'token', scheme: 'basic', userName, token });
        },
      ),
    );
  });

  it.each(['basic', 'BASIC', 'bAsIc', 'Basic  '])('is recognised if the scheme is %j', (scheme) => {
    expect(read(basic('acme:kw_1').replace('Basic', scheme))).toEqual({
      kind: 'token',
      scheme: 'basic',
      userName: 'acme',
      token: 'kw_1',
    });
  });

  it.each([
    'Basic',
    'Basic ',
    'Basic acme:kw_1',
    'Basic YTpi YTpi',
    'Basic YTpi,YTpi',
    'Basic ===',
    'BasicYTpi',
    'Digest Basic YTpi',
  ])('is not a credential if it is %j', (authorization) => {
    expect(read(authorization)).toEqual({ kind: 'none' });
  });

  it.each([
    ['an API key', ['Authorization', basic('acme:kw_1'), 'X-API-Key', 'kw_1']],
    ['a bearer token', ['Authorization', basic('acme:kw_1'), 'Authorization', 'Bearer kw_1']],
    [
      'another HTTP Basic credential',
      ['Authorization', basic('acme:kw_1'), 'Authorization', basic('globex:kw_2')],
    ],
  ])('is ambiguous together with %s', (_what, headers) => {
    expect(readCredential(requestWith(...headers), true)).toEqual({ kind: 'ambiguous' });
  });

  it('does not add a user name to a bearer token', () => {
    expect(read('Bearer kw_1')).toEqual({ kind: 'token', scheme: 'bearer', token: 'kw_1' });
  });
});

describe('HTTP Basic on other routes', () => {
  it('is not a credential', () => {
    const request = requestWith('Authorization', basic(`${ID}:kw_1`));
    expect(readCredential(request)).toEqual({ kind: 'none' });
    expect(readCredential(request, false)).toEqual({ kind: 'none' });
  });
});
