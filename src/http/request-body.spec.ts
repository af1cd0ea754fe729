import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { ProblemException } from '../problems/problem.exception';
import { BODY_LIMIT_BYTES, type BodyFormat, readBody } from './request-body';

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly bytes?: Uint8Array | string;
  /** What the host stored of a body that it consumed. */
  readonly kept?: object;
}

const JSON_BODY = { 'Content-Type': 'application/json' };

async function requestOf({ headers = JSON_BODY, bytes = '', kept }: Sent): Promise<object> {
  const node = new IncomingMessage(new Socket());
  node.rawHeaders = Object.entries(headers).flat();
  if (bytes.length > 0) node.push(bytes);
  node.push(null);
  if (kept === undefined) return { raw: node };
  for await (const chunk of node) void chunk;
  return { raw: node, ...kept };
}

/** Returns the value, or the code of the problem. */
async function read(sent: Sent, format: BodyFormat = 'json'): Promise<unknown> {
  try {
    return await readBody(await requestOf(sent), format);
  } catch (error) {
    if (!(error instanceof ProblemException)) throw error;
    return error.problem.code;
  }
}

describe('a JSON body', () => {
  it.each([
    ['{"name":"nächtlich 🗝"}', { name: 'nächtlich 🗝' }],
    ['\uFEFF[1]', [1]],
    [String.raw`{"name":"\ud83d\udddd"}`, { name: '🗝' }],
  ])('is parsed without loss: %s', async (bytes, value) => {
    expect(await read({ bytes })).toEqual(value);
  });

  it.each<[string, Uint8Array | string]>([
    ['is truncated', '{"name":'],
    ['contains a byte that is not UTF-8', Buffer.from('{"name":"caf\xe9"}', 'latin1')],
    ['escapes an unpaired surrogate', String.raw`{"name":"\ud83d"}`],
    ['escapes an unpaired surrogate in a name', String.raw`{"\udddd":1}`],
  ])('is rejected with invalid_json if it %s [T92]', async (_what, bytes) => {
    expect(await read({ bytes })).toBe('invalid_json');
  });

  it.each<[string, Record<string, string>]>([
    ['no media type', {}],
    ['another media type', { 'Content-Type': 'text/plain' }],
    ['another charset', { 'Content-Type': 'application/json; charset=utf-16' }],
    ['another charset in quotes', { 'Content-Type': 'application/json; Charset="latin1"' }],
    ['a content encoding', { ...JSON_BODY, 'Content-Encoding': 'gzip' }],
  ])('is rejected with unsupported_media_type if it has %s [T92]', async (_what, headers) => {
    expect(await read({ headers, bytes: '{}' })).toBe('unsupported_media_type');
  });

  it('is accepted with the charset UTF-8 and the content encoding identity', async () => {
    const headers = { 'Content-Type': 'Application/JSON; charset="UTF-8"', 'Content-Encoding': 'identity' };
    expect(await read({ headers, bytes: '{}' })).toEqual({});
  });

  it('counts as absent if it is empty, whatever its headers are', async () => {
    const headers = { 'Content-Type': 'text/csv; charset=utf-16', 'Content-Encoding': 'br' };
    expect([await read({}), await read({ headers })]).toEqual([undefined, undefined]);
  });

  it.each<[string, Record<string, string>]>([
    ['Content-Length', { ...JSON_BODY, 'Content-Length': String(BODY_LIMIT_BYTES + 1) }],
    ['the bytes received', JSON_BODY],
  ])('is rejected with payload_too_large if %s exceeds the maximum size', async (_how, headers) => {
    expect(await read({ headers, bytes: 'x'.repeat(BODY_LIMIT_BYTES + 1) })).toBe('payload_too_large');
    expect(await read({ bytes: `"${'x'.repeat(BODY_LIMIT_BYTES - 2)}"` })).toHaveLength(BODY_LIMIT_BYTES - 2);
  });

  it('is rejected with invalid_request if the client disconnected, and does not count as empty', async () => {
    const node = new IncomingMessage(new Socket());
    node.destroy();
    await expect(readBody({ raw: node }, 'json')).rejects.toMatchObject({
      problem: { code: 'invalid_request' },
    });
  });
});

describe('a JSON body that the host consumed', () => {
  const bytes = '{"a":1}';

  it.each([
    ['its bytes', { rawBody: Buffer.from(bytes), body: { a: 2 } }],
    ['its bytes as the body', { body: Buffer.from(bytes) }],
    ['its text', { body: bytes }],
    ['its parsed value', { body: { a: 1 } }],
  ])('is read from %s', async (_what, kept) => {
    expect(await read({ bytes, kept })).toEqual({ a: 1 });
  });

  it.each([
    ['bytes', { rawBody: Buffer.from('{"a":"\xe9"}', 'latin1') }],
    ['text', { body: '{"a":"\uFFFD"}' }],
    ['parsed values', { body: { a: '\uFFFD' } }],
  ])('is rejected with invalid_json if its stored %s are not UTF-8', async (_what, kept) => {
    expect(await read({ bytes, kept })).toBe('invalid_json');
  });

  it('is rejected with unsupported_media_type if its content encoding is not supported', async () => {
    const headers = { ...JSON_BODY, 'Content-Encoding': 'gzip' };
    expect(await read({ headers, bytes, kept: { body: { a: 1 } } })).toBe('unsupported_media_type');
  });
});

describe('a form', () => {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };

  it.each([
    ['token=a%2Bb+c&empty=&flag', { token: 'a+b c', empty: '', flag: '' }],
    ['token=a&token=b&token=c', { token: ['a', 'b', 'c'] }],
    ['a[b]=1&&%C3%A4=2', { 'a[b]': '1', ä: '2' }],
  ])('is parsed without nesting: %s', async (bytes, value) => {
    expect(await read({ headers, bytes }, 'form')).toEqual(value);
  });

  it('cannot change a prototype with a parameter named __proto__', async () => {
    expect(Object.keys((await read({ headers, bytes: '__proto__=x' }, 'form')) as object)).toEqual([
      '__proto__',
    ]);
  });

  it.each<[string, Uint8Array | string]>([
    ['escapes bytes that are not UTF-8', 'token=%E9'],
    ['has an incomplete escape', 'token=100%'],
    ['contains bytes that are not UTF-8', Buffer.from('token=caf\xe9', 'latin1')],
  ])('is rejected with invalid_request if it %s [T92]', async (_what, bytes) => {
    expect(await read({ headers, bytes }, 'form')).toBe('invalid_request');
  });
});
