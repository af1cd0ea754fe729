import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { headerValues, nodeRequestOf } from './http-request';

function requestWith(...rawHeaders: string[]): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), { rawHeaders });
}

describe('the request of Node', () => {
  it('is the one that Fastify wraps, and the one that Express hands on', () => {
    const raw = requestWith();
    expect(nodeRequestOf({ raw })).toBe(raw);
    expect(nodeRequestOf(Object.assign(raw, { params: {} }))).toBe(raw);
  });
});

describe('the values of a header', () => {
  it.each<[string, string[], string[]]>([
    [
      'each one, in the order sent',
      ['X-Org-Id', 'acme', 'Host', 'x', 'X-Org-Id', 'globex'],
      ['acme', 'globex'],
    ],
    ['whatever the case of its name', ['X-ORG-ID', 'acme', 'x-org-id', 'globex'], ['acme', 'globex']],
    ['empty ones as well', ['X-Org-Id', ''], ['']],
    ['none where it was not sent', ['X-Project-Id', 'apollo'], []],
    ['none where another header has its name for a value', ['X-Alias', 'x-org-id', 'Host', 'acme'], []],
    ['none of a name without a value', ['Host', 'x', 'X-Org-Id'], []],
    ['none where there are no headers', [], []],
  ])('are %s', (_what, rawHeaders, expected) => {
    expect(headerValues(requestWith(...rawHeaders), 'x-org-id')).toEqual(expected);
  });
});
