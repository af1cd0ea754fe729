import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { headerValues, nodeRequestOf } from './http-request';

function requestWith(...rawHeaders: string[]): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), { rawHeaders });
}

describe('nodeRequestOf', () => {
  it('returns the request that Fastify wraps, or the Express request itself', () => {
    const raw = requestWith();
    expect(nodeRequestOf({ raw })).toBe(raw);
    expect(nodeRequestOf(Object.assign(raw, { params: {} }))).toBe(raw);
  });
});

describe('the values of a header', () => {
  it.each<[string, string[], string[]]>([
    [
      'returned in the order sent',
      ['X-Org-Id', 'acme', 'Host', 'x', 'X-Org-Id', 'globex'],
      ['acme', 'globex'],
    ],
    ['found in any case of its name', ['X-ORG-ID', 'acme', 'x-org-id', 'globex'], ['acme', 'globex']],
    ['returned if they are empty', ['X-Org-Id', ''], ['']],
    ['empty if it was not sent', ['X-Project-Id', 'apollo'], []],
    ['empty if its name is only the value of another header', ['X-Alias', 'x-org-id', 'Host', 'acme'], []],
    ['empty if its name has no value', ['Host', 'x', 'X-Org-Id'], []],
    ['empty if there are no headers', [], []],
  ])('are %s', (_what, rawHeaders, expected) => {
    expect(headerValues(requestWith(...rawHeaders), 'x-org-id')).toEqual(expected);
  });
});
