import { type IssuedApiKey, KeyImportService, rootCaller } from 'keyward';
import { hashToken } from '../../src/api-keys/domain/token/key-token';
import { postForm } from '../support/form';
import type { HttpAnswer } from '../support/http-client';
import { getRaw } from '../support/raw-request';
import { startService, type TestService } from '../support/service';

const PATH = '/oauth2/introspect';
/** Characters that mean something in a header, a form or an address. */
const AWKWARD = 'xm_a+b/c=d:e%41f&g"h~1234567890abcdef';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const basic = (userName: string, password: string): Record<string, string> => ({
  Authorization: `Basic ${base64(`${userName}:${password}`)}`,
});

/** As RFC 6749 section 2.3.1 asks for: both parts encoded as in a form. */
const encoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

describe('who may introspect', () => {
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
    ['Basic, with id and token', () => basic(caller.key.id, caller.token)],
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
    ['Basic, encoded as in a form', () => basic(encoded(caller.key.id), encoded(caller.token))],
    [
      'Basic, encoded more than needed',
      () => basic(caller.key.id, caller.token.replaceAll('_', '%5F').replaceAll('k', '%6b')),
    ],
    ['Basic, with an awkward token encoded', () => basic(awkwardId, encoded(AWKWARD))],
    ['a bearer token as awkward, which is not encoded', () => ({ Authorization: `Bearer ${AWKWARD}` })],
  ];

  it.each(welcome)('%s is welcome', async (_name, headers) => {
    const answer = await introspectAs(headers());
    expect([answer.status, answer.body['active']]).toEqual([200, true]);
  });

  const turnedAway: readonly (readonly [string, string, () => Record<string, string>])[] = [
    ['nobody', 'missing_credential', () => ({})],
    ['a wrong token', 'malformed_token', () => ({ Authorization: 'Bearer nonsense' })],
    ['Basic with a wrong token', 'malformed_token', () => basic(caller.key.id, 'nonsense')],
    ['Basic with another key’s id', 'user_name_mismatch', () => basic(other.key.id, caller.token)],
    [
      'Basic with the id in capitals',
      'user_name_mismatch',
      () => basic(caller.key.id.toUpperCase(), caller.token),
    ],
    ['Basic with no id', 'user_name_mismatch', () => basic('', caller.token)],
    ['Basic with the token as the user', 'malformed_token', () => basic(caller.token, '')],
    [
      'Basic with the token alone',
      'user_name_mismatch',
      () => ({ Authorization: `Basic ${base64(caller.token)}` }),
    ],
    ['Basic that is not base64', 'missing_credential', () => ({ Authorization: 'Basic ***' })],
    ['Basic without anything', 'missing_credential', () => ({ Authorization: 'Basic' })],
    ['Basic with an awkward token as it is', 'malformed_token', () => basic(awkwardId, AWKWARD)],
    ['Digest', 'missing_credential', () => ({ Authorization: 'Digest username="x"' })],
  ];

  it.each(turnedAway)('%s is turned away with 401 %s', async (_name, code, headers) => {
    const answer = await introspectAs(headers());
    expect([answer.status, answer.body['error'], answer.body['code']]).toEqual([401, 'invalid_client', code]);
    const challenge = answer.headers.get('www-authenticate') ?? '';
    expect(challenge).toContain('Bearer realm="keyward"');
    expect(challenge).toContain('Basic realm="keyward"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).not.toHaveProperty('active');
  });

  it('a caller without the scope for it gets 403, by bearer and by Basic', async () => {
    const { key, token } = await service.issue({ scopes: ['memory:read'] });
    for (const headers of [{ Authorization: `Bearer ${token}` }, basic(key.id, token)]) {
      const answer = await introspectAs(headers);
      expect([answer.status, answer.body['error']]).toEqual([403, 'insufficient_scope']);
      expect(answer.headers.get('www-authenticate')).toContain('scope="api-keys:verify"');
    }
  });

  it('two credentials at once are a request at fault', async () => {
    const both = await introspectAs({ ...basic(caller.key.id, caller.token), 'X-API-Key': caller.token });
    expect([both.status, both.body['error']]).toEqual([400, 'invalid_request']);
  });

  it('a caller past its own limit is told when to come back', async () => {
    const { token } = await service.issue({
      scopes: ['api-keys:verify'],
      rateLimit: { limit: 1, windowSeconds: 60 },
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
    'Basic is no credential at %s',
    async (path) => {
      const { Authorization = '' } = basic(service.root.key.id, service.root.token);
      const answer = await getRaw(service.url, path, [['Authorization', Authorization]]);
      expect([answer.status, answer.body['code']]).toEqual([401, 'missing_credential']);
      expect(answer.headers.get('www-authenticate')).not.toContain('Basic');
    },
  );
});
