import { type IssuedApiKey, KeyImportService, rootCaller } from 'keyward';
import { hashToken } from '../../src/api-keys/domain/token/key-token';
import { postForm } from '../support/form';
import type { HttpAnswer } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const PATH = '/oauth2/introspect';
const IMPORTED = 'xm_0123456789abcdefghijklmnopqrstuvwxyz';
const FAILURES = 3;
let addresses = 0;

const freshAddress = (): string => `203.0.113.${(addresses += 1)}`;
const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });
const basic = ({ key, token }: IssuedApiKey): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(`${key.id}:${token}`).toString('base64')}`,
});

const inForm = ({ key, token }: IssuedApiKey): Record<string, string> => ({
  client_id: key.id,
  client_secret: token,
});
const posted = (by: IssuedApiKey): Record<string, string> => ({ token: customer.token, ...inForm(by) });

let service: TestService;
/** Verifiers of two tenants. */
let acme: IssuedApiKey;
let globex: IssuedApiKey;
let customer: IssuedApiKey;

beforeAll(async () => {
  service = await startService('memory', {
    TRUST_PROXY: '127.0.0.1',
    IMPORT_TOKEN_PREFIXES: 'xm_',
    FAILED_CREDENTIALS_PER_MINUTE: String(FAILURES),
  });
  acme = await service.issue({ scopes: ['api-keys:verify'], orgId: 'acme' });
  globex = await service.issue({ scopes: ['api-keys:verify'], orgId: 'globex' });
  customer = await service.issue({ scopes: ['memory:*', 'billing:read'], orgId: 'acme' });
});
afterAll(async () => service.stop());

const introspect = async (
  form: Record<string, string> | string,
  headers: Record<string, string> = bearer(acme.token),
): Promise<HttpAnswer> => postForm(service.as(), PATH, form, headers);

describe('an OAuth client that asks for a scope', () => {
  it.each([
    ['memory:read', 'memory:read'],
    ['billing:read memory:write', 'billing:read memory:write'],
    ['memory:read memory:read', 'memory:read'],
  ])('gets exactly the scopes that it asks for: %s', async (scope, answered) => {
    const { status, body } = await introspect({ token: customer.token, scope });
    expect([status, body['active'], body['scope'], body['client_id']]).toEqual([
      200,
      true,
      answered,
      customer.key.id,
    ]);
  });

  it.each(['billing:write', 'memory:read billing:write', 'memory', 'api-keys:verify'])(
    'gets only active: false if the key does not cover all of %s',
    async (scope) => {
      expect((await introspect({ token: customer.token, scope })).text).toBe('{"active":false}');
    },
  );

  it('gets only active: false for a key of another tenant', async () => {
    const { text } = await introspect({ token: customer.token, scope: 'memory:read' }, bearer(globex.token));
    expect(text).toBe('{"active":false}');
  });

  it('gets all scopes of the key if it asks for none', async () => {
    expect((await introspect({ token: customer.token })).body['scope']).toBe('memory:* billing:read');
  });
});

describe('an OAuth client that sends unknown parameters', () => {
  it.each([
    'resource=https%3A%2F%2Fapi.example.com',
    'resource=a&resource=b',
    'orgId=globex',
    'grant_type=x&client_assertion=y&client_assertion_type=z',
    '__proto__=x',
    'constructor=x&prototype=y&toString=z',
    'token[$ne]=x',
    Array.from({ length: 90 }, (_, index) => `p${index}=x`).join('&'),
  ])('gets the same answer as without them: %.60s', async (parameters) => {
    const { status, body } = await introspect(`token=${customer.token}&${parameters}`);
    expect([status, body['active']]).toEqual([200, true]);
  });

  it('gets the same answer if the parameters are in the query', async () => {
    const { status, body } = await postForm(
      service.as(acme.token),
      `${PATH}?tenant=globex&access_token=${globex.token}`,
      { token: customer.token },
    );
    expect([status, body['active']]).toEqual([200, true]);
  });
});

describe('an OAuth client that sends its key in the form', () => {
  it('gets active: false for keys outside the tenant of its own key', async () => {
    expect((await introspect(posted(acme), {})).body).toMatchObject({ active: true, org_id: 'acme' });
    expect((await introspect(posted(globex), {})).text).toBe('{"active":false}');
  });

  it('can send an imported token as client_secret with the key id as client_id', async () => {
    const record = { hash: hashToken(IMPORTED), name: 'imported', scopes: ['api-keys:verify'] };
    const { id = '' } = await service.app
      .get(KeyImportService)
      .import(rootCaller('system'), record, 1, { allowManagementScopes: true });
    const form = { token: service.root.token, client_secret: IMPORTED };
    expect((await introspect({ ...form, client_id: id }, {})).body['active']).toBe(true);
    const wrong = await introspect({ ...form, client_id: acme.key.id }, {});
    expect([wrong.status, wrong.body['code']]).toEqual([401, 'user_name_mismatch']);
  });

  it('gets 403 without api-keys:verify, and 429 past the rate limit of its own key', async () => {
    const lacking = await introspect(posted(customer), {});
    expect([lacking.status, lacking.body['error']]).toEqual([403, 'insufficient_scope']);
    const limited = await service.issue({
      scopes: ['api-keys:verify'],
      orgId: 'acme',
      rateLimits: [{ name: 'default', limit: 1, windowSeconds: 3600 }],
    });
    expect((await introspect(posted(limited), {})).status).toBe(200);
    const past = await introspect(posted(limited), {});
    expect([past.status, past.body['code']]).toEqual([429, 'rate_limited']);
  });

  it('gets 401 for a wrong client_secret, and 429 after too many failures', async () => {
    const headers = { 'X-Forwarded-For': freshAddress() };
    const form = { ...posted(acme), client_secret: `${acme.token}x` };
    for (let time = 0; time < FAILURES; time += 1) {
      const answer = await introspect(form, headers);
      expect([answer.status, answer.body['error'], answer.body['code']]).toEqual([
        401,
        'invalid_client',
        'malformed_token',
      ]);
      expect(answer.headers.get('www-authenticate')).toContain('Basic realm="keyward"');
      expect(answer.text).not.toContain(acme.token);
    }
    const past = await introspect(form, headers);
    expect([past.status, past.body['code']]).toEqual([429, 'too_many_failures']);
  });

  it('gets the same answer for an empty parameter as for a missing one', async () => {
    const { status } = await introspect({ token: customer.token, client_id: '', client_secret: '' });
    expect(status).toBe(200);
    const alone = await introspect({ token: customer.token, client_id: acme.key.id, client_secret: '' }, {});
    expect([alone.status, alone.body['code']]).toEqual([401, 'missing_credential']);
  });

  it('gets 400 if it sends client_secret without client_id', async () => {
    const answer = await introspect({ token: customer.token, client_secret: acme.token }, {});
    expect([answer.status, answer.body['error'], answer.body['error_description']]).toEqual([
      400,
      'invalid_request',
      'client_id is required with client_secret',
    ]);
  });

  it.each([
    ['not a form', 'application/json', JSON.stringify({ client_id: 'x', client_secret: 'y' }), 415],
    ['larger than 256 kB', 'application/x-www-form-urlencoded', `token=${'a'.repeat(300_000)}`, 413],
    ['not UTF-8', 'application/x-www-form-urlencoded', 'client_secret=%ff', 400],
  ])('is rejected if the body is %s', async (_what, type, body, status) => {
    const answer = await service.as().post(PATH, body, { 'Content-Type': type });
    expect([answer.status, answer.body['error']]).toEqual([status, 'invalid_request']);
  });

  it.each(['/v1/api-keys/verify', '/v1/api-keys'])(
    'gets 401 at %s, which accepts no key in a form',
    async (path) => {
      const answer = await postForm(service.as(), path, posted(acme));
      expect([answer.status, answer.body['code']]).toEqual([401, 'missing_credential']);
    },
  );
});

describe('an OAuth client that sends its client_id, and a credential in a header', () => {
  it.each([
    ['Basic', () => basic(acme)],
    ['a bearer token', () => bearer(acme.token)],
    ['X-API-Key', () => ({ 'X-API-Key': acme.token })],
  ])('is accepted if client_id is the id of its key: %s', async (_what, headers) => {
    const { status, body } = await introspect({ token: customer.token, client_id: acme.key.id }, headers());
    expect([status, body['active']]).toEqual([200, true]);
  });
});

describe('an OAuth client with contradictory credentials', () => {
  type Contradiction = readonly [
    what: string,
    status: number,
    error: string,
    form: (caller: IssuedApiKey) => Record<string, string>,
    headers: (caller: IssuedApiKey) => Record<string, string>,
  ];
  const contradictions: readonly Contradiction[] = [
    ['Basic, and another key in the form', 400, 'invalid_request', () => inForm(globex), basic],
    ['Basic, and the same key in the form', 400, 'invalid_request', inForm, basic],
    ['a bearer token, and a key in the form', 400, 'invalid_request', inForm, (by) => bearer(by.token)],
    [
      'a bearer token, and a client_secret alone',
      400,
      'invalid_request',
      ({ token }) => ({ client_secret: token }),
      ({ token }) => bearer(token),
    ],
    [
      'X-API-Key, and a key in the form',
      400,
      'invalid_request',
      inForm,
      ({ token }) => ({ 'X-API-Key': token }),
    ],
    ['Basic, and another client_id', 400, 'invalid_request', () => ({ client_id: globex.key.id }), basic],
    [
      'a bearer token, and another client_id',
      401,
      'invalid_client',
      () => ({ client_id: globex.key.id }),
      ({ token }) => bearer(token),
    ],
    [
      'a token in the form under another id',
      401,
      'invalid_client',
      ({ token }) => ({ client_id: globex.key.id, client_secret: token }),
      () => ({}),
    ],
    [
      'Basic with another id',
      401,
      'invalid_client',
      () => ({}),
      ({ token }) => basic({ key: globex.key, token }),
    ],
  ];

  it.each(contradictions)(
    'is rejected, and the requests count against no limit: %s [T19]',
    async (_what, status, error, form, headers) => {
      const caller = await service.issue({
        scopes: ['api-keys:verify'],
        orgId: 'acme',
        rateLimits: [{ name: 'default', limit: 1, windowSeconds: 3600 }],
      });
      const from = { 'X-Forwarded-For': freshAddress() };
      for (let time = 0; time < 2 * FAILURES; time += 1) {
        const answer = await introspect(
          { token: customer.token, ...form(caller) },
          { ...headers(caller), ...from },
        );
        expect([answer.status, answer.body['error']]).toEqual([status, error]);
        expect(answer.text).not.toContain(caller.token);
      }
      const failed = await introspect({ token: 'x' }, { ...bearer('nonsense'), ...from });
      expect([failed.status, failed.body['code']]).toEqual([401, 'malformed_token']);
      expect((await introspect({ token: 'x' }, { ...bearer(caller.token), ...from })).status).toBe(200);
    },
  );
});
