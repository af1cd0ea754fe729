import type { IncomingMessage } from 'node:http';
import { issueToken } from '../api-keys/domain/token/key-token';
import { newKeyId } from '../api-keys/domain/key-id';
import { redactionOf } from '../common/redaction';
import { requestIdOf } from './request-id';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const redact = redactionOf(['legacy-']);

function idFor(given: string | undefined): string {
  const request = { headers: given === undefined ? {} : { 'x-request-id': given } };
  return requestIdOf(request as unknown as IncomingMessage, (text) => redact(text) !== text);
}

describe('the id of a request', () => {
  it.each(['a', 'A-z_0.9~', '0b4c0a4e-8f4f-4f59-8c38-5d2f0a6b7c1d', 'x'.repeat(128)])(
    'is the id that the client sent, if it is valid: %s',
    (id) => {
      expect(idFor(id)).toBe(id);
    },
  );

  it.each([
    ['a missing id', undefined],
    ['an empty id', ''],
    ['an id that is too long', 'x'.repeat(129)],
    ['an id with a space', 'a b'],
    ['an id with a quote', 'a"b'],
    ['an id with a line break', 'a\nb'],
    ['two ids, which Node joins', 'a, b'],
    ['an id with a non-ASCII letter', 'ä'],
    ['a token', issueToken('kw', newKeyId(new Date())).token],
    ['a session', `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl`],
    ['a token of another system', 'legacy-0123456789abcdef'],
  ])('is a new id if the client sent %s [T4]', (_what, given) => {
    expect(idFor(given)).toMatch(UUID);
  });
});
