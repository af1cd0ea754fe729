import { gzipSync } from 'node:zlib';
import { ApiKeysModule, ApiKeysService, type IssuedApiKey, rootCaller } from 'keyward';
import { HOSTILE_SETTINGS, type HostileSetting } from '../support/hostile-settings';
import { ADAPTERS, type AdapterName, type RunningHost, startHost } from '../support/two-adapters';

type Who = 'root' | 'acme' | 'globex' | 'leaked' | 'nobody';

interface Sent {
  readonly who: Who;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const FORM_TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' };
const TOKEN_OF_ACME = '<token of acme>';

const posted = (
  who: Who,
  path: string,
  body: object | string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
): Sent => ({
  who,
  method: 'POST',
  path,
  headers,
  body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
});

const read = (who: Who, path: string): Sent => ({ who, method: 'GET', path });

const PREFLIGHT = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'GET' };

/** A request, and the status and code of its response in every host. */
type Asked = readonly [what: string, sent: Sent, status: number, code?: string];

/** The requests, in the order of sending. */
const REQUESTS: readonly Asked[] = [
  [
    'a valid create',
    posted('acme', '/v1/api-keys', { name: 'x', scopes: ['a:b'], metadata: { n: 1 }, description: 'd' }),
    201,
  ],
  [
    'a create with a misspelt field',
    posted('root', '/v1/api-keys', { name: 'stray', scopes: ['a:b'], orgid: 'acme' }),
    400,
    'validation_failed',
  ],
  [
    'a create with a number for a name',
    posted('root', '/v1/api-keys', { name: 5, scopes: ['a:b'] }),
    400,
    'validation_failed',
  ],
  ['a truncated create', posted('root', '/v1/api-keys', '{"name":"stray"'), 400, 'invalid_json'],
  [
    'a create in bytes that are not UTF-8',
    posted('root', '/v1/api-keys', Buffer.from('{"name":"stray \xe9","scopes":["a:b"]}', 'latin1')),
    400,
    'invalid_json',
  ],
  [
    'a create in another charset',
    posted(
      'root',
      '/v1/api-keys',
      { name: 'stray', scopes: ['a:b'] },
      { 'Content-Type': 'application/json; charset=utf-16' },
    ),
    415,
    'unsupported_media_type',
  ],
  [
    'a compressed create',
    posted('root', '/v1/api-keys', new Uint8Array(gzipSync('{"name":"stray","scopes":["a:b"]}')), {
      ...JSON_TYPE,
      'Content-Encoding': 'gzip',
    }),
    415,
    'unsupported_media_type',
  ],
  [
    'a create as a form',
    posted('root', '/v1/api-keys', 'name=stray&scopes=a:b', FORM_TYPE),
    415,
    'unsupported_media_type',
  ],
  [
    'an oversized create',
    posted('root', '/v1/api-keys', { name: 'stray', description: 'x'.repeat(300_000) }),
    413,
    'payload_too_large',
  ],
  ['a create without a key', posted('nobody', '/v1/api-keys', { name: 'stray' }), 401, 'missing_credential'],
  [
    'a create beyond the grant of the caller',
    posted('acme', '/v1/api-keys', { name: 'stray', scopes: ['*'] }),
    403,
    'delegation_exceeded',
  ],
  ['a verification', posted('root', '/v1/api-keys/verify', { token: TOKEN_OF_ACME, scopes: ['a:b'] }), 200],
  [
    'a verification with a misspelt field',
    posted('root', '/v1/api-keys/verify', { token: TOKEN_OF_ACME, scope: ['m:admin'] }),
    400,
    'validation_failed',
  ],
  ['an introspection', posted('root', '/oauth2/introspect', `token=${TOKEN_OF_ACME}`, FORM_TYPE), 200],
  [
    'an introspection in bytes that are not UTF-8',
    posted('root', '/oauth2/introspect', 'token=%E9', FORM_TYPE),
    400,
    'invalid_request',
  ],
  [
    'an introspection as JSON',
    posted('root', '/oauth2/introspect', { token: TOKEN_OF_ACME }),
    415,
    'unsupported_media_type',
  ],
  ['the own key of acme', read('acme', '/v1/api-keys/self'), 200],
  [
    'a conditional read of the own key of acme',
    { who: 'acme', method: 'GET', path: '/v1/api-keys/self', headers: { 'If-None-Match': '*' } },
    200,
  ],
  ['the own key of globex', read('globex', '/v1/api-keys/self'), 200],
  ['the own key without a credential', read('nobody', '/v1/api-keys/self'), 401, 'missing_credential'],
  ['the keys of acme', read('acme', '/v1/api-keys?limit=5'), 200],
  ['the keys of globex', read('globex', '/v1/api-keys?limit=5'), 200],
  ['a list with an unknown parameter', read('acme', '/v1/api-keys?limits=5'), 400, 'validation_failed'],
  [
    'a list with a repeated parameter',
    read('acme', '/v1/api-keys?limit=5&limit=6'),
    400,
    'validation_failed',
  ],
  ['an unknown key', read('acme', '/v1/api-keys/01jd8x4k2m6n8p0q2r4s6t8v0w'), 404, 'not_found'],
  ['a list of events', read('root', '/v1/events?limit=1'), 200],
  [
    'a rotation with an empty body',
    { who: 'globex', method: 'POST', path: '/v1/api-keys/self/rotate', headers: JSON_TYPE },
    200,
  ],
  [
    'forward-auth with an unparsable body',
    posted('acme', '/v1/forward-auth?authenticated=1&org=acme', '{"cut', JSON_TYPE),
    200,
  ],
  [
    'forward-auth with a body of an unsupported media type',
    posted('acme', '/v1/forward-auth?authenticated=1&org=acme', 'x'.repeat(300_000), {
      'Content-Type': 'text/csv; charset=utf-16',
      'Content-Encoding': 'br',
    }),
    200,
  ],
  [
    'a preflight of forward-auth without a key',
    { who: 'nobody', method: 'OPTIONS', path: '/v1/forward-auth?authenticated=1', headers: PREFLIGHT },
    401,
    'missing_credential',
  ],
  [
    'a preflight of forward-auth with a key',
    { who: 'acme', method: 'OPTIONS', path: '/v1/forward-auth?authenticated=1&org=acme', headers: PREFLIGHT },
    200,
  ],
  [
    'a leaked key that revokes itself with an empty JSON body',
    { who: 'leaked', method: 'DELETE', path: '/v1/api-keys/self?reason=leaked', headers: JSON_TYPE },
    204,
  ],
  ['the leaked key afterwards', read('leaked', '/v1/api-keys/self'), 401, 'key_revoked'],
  [
    'a revocation whose reason is not UTF-8',
    { who: 'leaked', method: 'DELETE', path: '/v1/api-keys/self?reason=%E9' },
    401,
    'key_revoked',
  ],
  [
    'a reason that is not UTF-8',
    { who: 'root', method: 'DELETE', path: '/v1/api-keys/x?reason=%E9' },
    400,
    'invalid_request',
  ],
];

interface Seen {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

class Hosted {
  private constructor(
    private readonly host: RunningHost,
    private readonly prefix: string,
    private readonly keys: Readonly<Record<Exclude<Who, 'nobody'>, IssuedApiKey>>,
  ) {}

  static async start(adapter: AdapterName, setting: Partial<HostileSetting> = {}): Promise<Hosted> {
    const { metadata = {}, prepare, options, prefix = '' } = setting;
    const host = await startHost(
      adapter,
      { ...metadata, imports: [ApiKeysModule.forRoot({ storage: 'memory' })] },
      { ...(options && { options }), app: (app) => prepare?.(app, adapter) },
    );
    const service = host.app.get(ApiKeysService);
    const issue = async (name: string, scopes: readonly string[], orgId?: string): Promise<IssuedApiKey> =>
      service.create(rootCaller('system'), { name, scopes, ...(orgId !== undefined && { orgId }) });
    return new Hosted(host, prefix, {
      root: await issue('root', ['*']),
      acme: await issue('acme', ['api-keys:*', 'a:b'], 'acme'),
      globex: await issue('globex', ['api-keys:*'], 'globex'),
      leaked: await issue('leaked', [], 'acme'),
    });
  }

  async send({ who, method, path, headers = {}, body }: Sent): Promise<Response> {
    const said = typeof body === 'string' ? body.replace(TOKEN_OF_ACME, this.keys.acme.token) : body;
    return fetch(this.host.url + this.prefix + path, {
      method,
      headers: { ...headers, ...(who !== 'nobody' && { Authorization: `Bearer ${this.keys[who].token}` }) },
      ...(said !== undefined && { body: said }),
    });
  }

  /** Sends a request and returns its response without ids, tokens and times, which always differ. */
  async seen(sent: Sent): Promise<Seen> {
    const answer = await this.send(sent);
    const text = await answer.text();
    if (sent.path === '/v1/api-keys/self/rotate') this.renew(text);
    return {
      status: answer.status,
      type: answer.headers.get('content-type'),
      body: text
        .replaceAll(/kw_[0-9a-z]{26}_\w+/g, '<token>')
        .replaceAll(/[0-9a-hjkmnp-tv-z]{26}/g, '<id>')
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
        .replaceAll(/\b\d{10}\b/g, '<time>')
        // A cursor contains an id or a time.
        .replaceAll(/"nextCursor":"[\w-]+"/g, '"nextCursor":"<cursor>"')
        // Usage is stored some seconds later.
        .replaceAll(/"lastUsedAt":(?:null|"<time>")/g, '"lastUsedAt":"<time>"'),
    };
  }

  /** Returns the name, organisation and scopes of every stored key. */
  async stored(): Promise<readonly string[]> {
    const { data } = await this.host.app.get(ApiKeysService).list(rootCaller('system'), { limit: 100 });
    return data.map(({ name, orgId, scopes }) => `${name} ${orgId} ${scopes.join(',')}`).toSorted();
  }

  async stop(): Promise<void> {
    await this.host.close();
  }

  private renew(text: string): void {
    const { token } = JSON.parse(text) as { readonly token: string };
    Object.assign(this.keys.globex, { token });
  }
}

describe.each(ADAPTERS)('the routes of Keyward in a host application on %s', (adapter) => {
  const expected = new Map<string, Seen>();
  let storedThere: readonly string[];

  beforeAll(async () => {
    const plain = await Hosted.start(adapter);
    for (const [what, sent] of REQUESTS) expected.set(what, await plain.seen(sent));
    storedThere = await plain.stored();
    await plain.stop();
  });

  it.each(REQUESTS.map(([what, , status, code]) => ({ what, status, code })))(
    'answer $what with the documented status [T91]',
    ({ what, status, code }) => {
      const answer = expected.get(what);
      expect(answer).toMatchObject({ status });
      if (code !== undefined) expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code });
    },
  );

  it.each(HOSTILE_SETTINGS)(
    'return and store the same data if the host has $setting [T91]',
    async (setting) => {
      const hosted = await Hosted.start(adapter, setting);
      try {
        for (const [what, sent] of REQUESTS) {
          expect([what, await hosted.seen(sent)]).toEqual([what, expected.get(what)]);
        }
        expect(await hosted.stored()).toEqual(storedThere);
      } finally {
        await hosted.stop();
      }
    },
  );

  it.each(HOSTILE_SETTINGS.filter(({ setting }) => /prefix|versions/.test(setting)))(
    'return a working Location for a new key if the host has $setting',
    async (setting) => {
      const hosted = await Hosted.start(adapter, setting);
      try {
        const made = await hosted.send(posted('root', '/v1/api-keys', { name: 'x', scopes: ['a:b'] }));
        const location = made.headers.get('location') ?? '';
        expect(location.startsWith(`${setting.prefix ?? ''}/v1/api-keys/`)).toBe(true);
        const path = location.slice((setting.prefix ?? '').length);
        expect((await hosted.send(read('root', path))).status).toBe(200);
      } finally {
        await hosted.stop();
      }
    },
  );
});
