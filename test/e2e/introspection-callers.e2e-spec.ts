import { type IssuedApiKey, KeyImportService, rootCaller } from 'keyward';
import { hashToken } from '../../src/api-keys/domain/token/key-token';
import { postForm } from '../support/form';
import type { HttpAnswer } from '../support/http-client';
import { getRaw } from '../support/raw-request';
import { startService, type TestService } from '../support/service';

const PATH = '/oauth2/introspect';
/** Characters with a meaning in a header, a form or a URL. */
const AWKWARD = 'xm_a+b/c=d:e%41f&g"h~1234567890abcdef';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const basic = (userName: string, password: string): Record<string, string> => ({
  Authorization: `Basic ${base64(`${userName}:${password}`)}`,
});

/** Form-encodes one part of Basic credentials (RFC 6749 section 2.3.1). */
const encoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

describe('the introspection endpoint', () => {
  let service: TestService;
  let caller: IssuedApiKey;
  let other: IssuedApiKey;
  let awkwardId: string;

  beforeAll(async () => {
    service = await startService('memory', { IMPORT_TOKEN_PREFIXES: 'xm_' });
    caller = await service.issue({ scopes: ['api-keys:verify'] });
    other = await service.issue({ scopes: ['api-keys:verify'] });
    const record = { hash: hashToken(AWKWARD), name: 'imported', scopes: ['api-keys:verify'] };
    const importer = service.app.get(KeyImportService);
    const options = { allowManagementScopes: true };
    const imported = await importer.import(rootCaller('system'), record, 1, options);
    awkwardId = imported.id ?? '';
  });
  afterAll(async () => service.stop());

  const introspectAs = async (headers: Record<string, string>): Promise<HttpAnswer> =>
    postForm(service.as(), PATH, { token: service.root.token }, headers);

  const welcome: readonly (readonly [string, () => Record<string, string>])[] = [
    ['a bearer token', () => ({ Authorization: `Bearer ${caller.token}` })],
    ['a bearer token in another case', () => ({ Authorization: `bEARER ${caller.token}` })],
    ['X-API-Key', () => ({ 'X-API-Key': caller.token })],
    ['Basic with id and token', () => basic(caller.key.id, caller.token)],
    [
      'Basic in another case',
      () => ({ Authorization: `bAsIc ${base64(`${caller.key.id}:${caller.token}`)}` }),
    ],
    [
      'Basic without padding',
      () => ({
        Authorization: `Basic ${base64(`${caller.key.id}:${caller.token}`).replaceAll('=', '')}`,
      }),
    ],
    ['Basic, form-encoded', () => basic(encoded(caller.key.id), encoded(caller.token))],
    [
      'Basic with needless encoding',
      () => basic(caller.key.id, caller.token.replaceAll('_', '%5F').replaceAll('k', '%6b')),
    ],
    ['Basic with special characters, encoded', () => basic(awkwardId, encoded(AWKWARD))],
    ['a bearer token with special characters, not encoded', () => ({ Authorization: `Bearer ${AWKWARD}` })],
  ];

  it.each(welcome)('accepts a caller that authenticates with %s', async (_name, headers) => {
    const answer = await introspectAs(headers());
    expect([answer.status, answer.body['active']]).toEqual([200, true]);
  });

  const turnedAway: readonly (readonly [string, string, () => Record<string, string>])[] = [
    ['no credential', 'missing_credential', () => ({})],
    ['a malformed token', 'malformed_token', () => ({ Authorization: 'Bearer nonsense' })],
    ['Basic with a malformed token', 'malformed_token', () => basic(caller.key.id, 'nonsense')],
    ['Basic with another key’s id', 'user_name_mismatch', () => basic(other.key.id, caller.token)],
    [
      'Basic with the id in capitals',
      'user_name_mismatch',
      () => basic(caller.key.id.toUpperCase(), caller.token),
    ],
    ['Basic with no id', 'user_name_mismatch', () => basic('', caller.token)],
    ['Basic with the token as the user', 'malformed_token', () => basic(caller.token, '')],
    [
      'Basic with only the token',
      'user_name_mismatch',
      () => ({ Authorization: `Basic ${base64(caller.token)}` }),
    ],
    ['Basic that is not base64', 'missing_credential', () => ({ Authorization: 'Basic ***' })],
    ['Basic without credentials', 'missing_credential', () => ({ Authorization: 'Basic' })],
    ['Basic with special characters, not encoded', 'malformed_token', () => basic(awkwardId, AWKWARD)],
    ['Digest', 'missing_credential', () => ({ Authorization: 'Digest username="x"' })],
  ];

  it.each(turnedAway)('rejects a caller that sends %s with 401 %s', async (_name, code, headers) => {
    const answer = await introspectAs(headers());
    expect([answer.status, answer.body['error'], answer.body['code']]).toEqual([401, 'invalid_client', code]);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    expect(challenge).toContain('Bearer realm="keyward"');
    expect(challenge).toContain('Basic realm="keyward"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).not.toHaveProperty('active');
  });

  it('rejects a caller without api-keys:verify with 403, with a bearer token and with Basic', async () => {
    const { key, token } = await service.issue({ scopes: ['memory:read'] });
    for (const headers of [{ Authorization: `Bearer ${token}` }, basic(key.id, token)]) {
      const answer = await introspectAs(headers);
      expect([answer.status, answer.body['error']]).toEqual([403, 'insufficient_scope']);
      expect(answer.headers.get('www-authenticate')).toContain('scope="api-keys:verify"');
    }
  });

  it('rejects two credentials with 400', async () => {
    const both = await introspectAs({ ...basic(caller.key.id, caller.token), 'X-API-Key': caller.token });
    expect([both.status, both.body['error']]).toEqual([400, 'invalid_request']);
  });

  it('rejects a caller past its rate limit with 429 and Retry-After', async () => {
    const { token } = await service.issue({
      scopes: ['api-keys:verify'],
      rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }],
    });
    const headers = { Authorization: `Bearer ${token}` };
    expect((await introspectAs(headers)).status).toBe(200);
    const limited = await introspectAs(headers);
    expect([limited.status, limited.body['error'], limited.body['code']]).toEqual([
      429,
      'temporarily_unavailable',
      'rate_limited',
    ]);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  it.each(['/v1/api-keys', '/v1/api-keys/self', '/v1/forward-auth?authenticated=1'])(
    'is the only route that accepts Basic: %s answers 401',
    async (path) => {
      const { Authorization = '' } = basic(service.root.key.id, service.root.token);
      const answer = await getRaw(service.url, path, [['Authorization', Authorization]]);
      expect([answer.status, answer.body['code']]).toEqual([401, 'missing_credential']);
      expect(answer.headers.get('www-authenticate')).not.toContain('Basic');
    },
  );
});
