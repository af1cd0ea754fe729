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

describe('HTTP Basic, where a door takes it,', () => {
  it.each<[string, string, string, string]>([
    ['the id of a key and its token', `${ID}:kw_1`, ID, 'kw_1'],
    ['what is form-encoded', '%61cme%3A1:kw_1%2B%25', 'acme:1', 'kw_1+%'],
    ['a plus as a space', 'a+b:c+d', 'a b', 'c d'],
    ['all that follows the first colon as the token', 'acme:kw:1:2', 'acme', 'kw:1:2'],
    ['no user name where there is none', ':kw_1', '', 'kw_1'],
    ['no token where there is none', 'acme:', 'acme', ''],
    ['no user name where there is no colon', 'kw_1', '', 'kw_1'],
    ['a percent sign that encodes nothing as it is', 'acme%:kw_%zz', 'acme%', 'kw_%zz'],
    ['what is encoded beyond ASCII', 'acm%C3%A9:kw_1', 'acmé', 'kw_1'],
  ])('is read as %s', (_what, text, userName, token) => {
    expect(read(basic(text))).toEqual({ kind: 'token', scheme: 'basic', userName, token });
  });

  it('is read back whatever it holds', () => {
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

  it.each(['basic', 'BASIC', 'bAsIc', 'Basic  '])('is called %s as well', (scheme) => {
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
  ])('is no credential where it is %j', (authorization) => {
    expect(read(authorization)).toEqual({ kind: 'none' });
  });

  it.each([
    ['an API key beside it', ['Authorization', basic('acme:kw_1'), 'X-API-Key', 'kw_1']],
    ['a bearer token beside it', ['Authorization', basic('acme:kw_1'), 'Authorization', 'Bearer kw_1']],
    ['another of its kind', ['Authorization', basic('acme:kw_1'), 'Authorization', basic('globex:kw_2')]],
  ])('is ambiguous with %s', (_what, headers) => {
    expect(readCredential(requestWith(...headers), true)).toEqual({ kind: 'ambiguous' });
  });

  it('leaves a bearer token without a user name', () => {
    expect(read('Bearer kw_1')).toEqual({ kind: 'token', scheme: 'bearer', token: 'kw_1' });
  });
});

describe('HTTP Basic, elsewhere,', () => {
  it('is no credential', () => {
    const request = requestWith('Authorization', basic(`${ID}:kw_1`));
    expect(readCredential(request)).toEqual({ kind: 'none' });
    expect(readCredential(request, false)).toEqual({ kind: 'none' });
  });
});
