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
  it.each(['a', 'A-z_0.9~', '0b4c0a4e-8f4f-4f59-8c38-5d2f0a6b7c1d', 'x'.repeat(128)])('is kept: %s', (id) => {
    expect(idFor(id)).toBe(id);
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['a long one', 'x'.repeat(129)],
    ['one with a space', 'a b'],
    ['one with a quote', 'a"b'],
    ['one with a line break', 'a\nb'],
    ['two, as Node joins them', 'a, b'],
    ['one beyond ASCII', 'ä'],
    ['an API key', issueToken('kw', newKeyId(new Date())).token],
    ['a session', `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl`],
    ['a token of another system', 'legacy-0123456789abcdef'],
  ])('is a new one instead of %s [T4]', (_what, given) => {
    expect(idFor(given)).toMatch(UUID);
  });
});
