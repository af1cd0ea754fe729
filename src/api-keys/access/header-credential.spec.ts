import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { type PresentedCredential, readCredential } from './header-credential';

function requestWith(rawHeaders: readonly string[], url = '/'): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), { rawHeaders: [...rawHeaders], url });
}

const none: PresentedCredential = { kind: 'none' };
const ambiguous: PresentedCredential = { kind: 'ambiguous' };
const token = (text: string, scheme: 'bearer' | 'x-api-key' = 'bearer'): PresentedCredential => ({
  kind: 'token',
  scheme,
  token: text,
});

describe('the credential of a request', () => {
  it.each<[string, readonly string[], PresentedCredential]>([
    ['no headers', [], none],
    ['only other headers', ['Host', 'localhost', 'Cookie', 'api_key=kw_1; X-API-Key=kw_1'], none],
    [
      'headers with names of the same length',
      ['If-None-Match', 'Bearer kw_1', 'X-Real-Ip', 'kw_1', 'Forwarded', 'kw_2'],
      none,
    ],
    ['a bearer token', ['Authorization', 'Bearer kw_1'], token('kw_1')],
    ['an API key header', ['X-API-Key', 'kw_1'], token('kw_1', 'x-api-key')],
    ['header names in any case', ['x-Api-kEY', 'kw_1'], token('kw_1', 'x-api-key')],
    ['the scheme in lower case', ['authorization', 'bearer kw_1'], token('kw_1')],
    ['the scheme in upper case', ['AUTHORIZATION', 'BEARER kw_1'], token('kw_1')],
    ['several spaces after the scheme', ['Authorization', 'Bearer   kw_1'], token('kw_1')],
    ['a scheme without a token', ['Authorization', 'Bearer'], token('')],
    ['a scheme and a space without a token', ['Authorization', 'Bearer '], token('')],
    ['an empty API key header', ['X-API-Key', ''], token('', 'x-api-key')],
    [
      'a second token after the first',
      ['Authorization', 'Bearer kw_1, Bearer kw_2'],
      token('kw_1, Bearer kw_2'),
    ],
    ['the scheme twice', ['Authorization', 'Bearer Bearer kw_1'], token('Bearer kw_1')],
    ['a token with spaces around it', ['X-API-Key', ' kw_1 '], token(' kw_1 ', 'x-api-key')],
  ])('is read correctly from a request with %s', (_what, rawHeaders, expected) => {
    expect(readCredential(requestWith(rawHeaders))).toEqual(expected);
  });

  it.each([
    'Basic a3c6a3dfMQ==',
    'Digest username="kw_1"',
    'Bearerkw_1',
    'Bearer\tkw_1',
    'Bearer\u00a0kw_1',
    'BearerToken kw_1',
    ' Bearer kw_1',
    'Token kw_1',
    'ApiKey kw_1',
    'kw_1',
    '',
  ])('is absent if Authorization is %j', (value) => {
    expect(readCredential(requestWith(['Authorization', value]))).toEqual(none);
  });

  it('is read from X-API-Key if Authorization has another scheme', () => {
    const request = requestWith(['Authorization', 'Basic a3c6MQ==', 'X-API-Key', 'kw_1']);

    expect(readCredential(request)).toEqual(token('kw_1', 'x-api-key'));
  });

  it.each<[string, readonly string[]]>([
    ['the bearer token first', ['Authorization', 'Bearer kw_1', 'X-API-Key', 'kw_1']],
    ['the API key header first', ['X-API-Key', 'kw_1', 'Authorization', 'Bearer kw_1']],
    ['several spaces after the scheme', ['Authorization', 'bearer   kw_1', 'x-api-key', 'kw_1']],
  ])('is one credential if both headers contain the same token: %s', (_what, rawHeaders) => {
    expect(readCredential(requestWith(rawHeaders))).toEqual(token('kw_1'));
  });

  it.each<[string, readonly string[]]>([
    ['different tokens in the two headers', ['Authorization', 'Bearer kw_1', 'X-API-Key', 'kw_2']],
    ['different tokens in the other order', ['X-API-Key', 'kw_2', 'Authorization', 'Bearer kw_1']],
    ['a token and its beginning', ['Authorization', 'Bearer kw_1', 'X-API-Key', 'kw_']],
    ['tokens that differ in case', ['Authorization', 'Bearer kw_a', 'X-API-Key', 'kw_A']],
    [
      'tokens of equal length in characters but not in bytes',
      ['Authorization', 'Bearer ä', 'X-API-Key', 'a'],
    ],
    [
      'the same token in both headers and one of them twice',
      ['X-API-Key', 'kw_1', 'Authorization', 'Bearer kw_1', 'X-API-Key', 'kw_1'],
    ],
    ['an empty bearer token and an API key', ['Authorization', 'Bearer', 'X-API-Key', 'kw_1']],
    ['an empty API key and a bearer token', ['Authorization', 'Bearer kw_1', 'X-API-Key', '']],
    ['two Authorization headers', ['Authorization', 'Bearer kw_1', 'Authorization', 'Bearer kw_2']],
    ['the same Authorization twice', ['Authorization', 'Bearer kw_1', 'authorization', 'Bearer kw_1']],
    [
      'two Authorization headers of two schemes',
      ['Authorization', 'Basic a3c6', 'Authorization', 'Bearer kw_1'],
    ],
    ['two API key headers', ['X-API-Key', 'kw_1', 'x-api-key', 'kw_2']],
    ['the same API key header twice', ['X-API-Key', 'kw_1', 'X-API-Key', 'kw_1']],
  ])('is ambiguous with %s', (_what, rawHeaders) => {
    expect(readCredential(requestWith(rawHeaders))).toEqual(ambiguous);
  });

  it('is not read from the query', () => {
    const request = requestWith(
      [],
      '/?access_token=kw_1&api_key=kw_1&x-api-key=kw_1&authorization=Bearer%20kw_1',
    );

    expect(readCredential(request)).toEqual(none);
  });

  it("is not read from Node's merged headers", () => {
    const request = requestWith(['Authorization', 'Bearer kw_1', 'Authorization', 'Bearer kw_2']);
    request.headers = { authorization: 'Bearer kw_1' };

    expect(readCredential(request)).toEqual(ambiguous);
  });

  it('is not read from a header without a value', () => {
    expect(readCredential(requestWith(['Host', 'localhost', 'X-API-Key']))).toEqual(none);
  });
});
