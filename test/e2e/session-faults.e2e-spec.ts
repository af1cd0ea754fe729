import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpClient } from '../support/http-client';
import { SigningKey } from '../support/identity-provider/signing-key';
import { type NodeProcess, runBuiltService } from '../support/node-process';
import { eventuallyIs } from '../support/patience';
import { startService } from '../support/service';

const AUDIENCE = 'keyward';
const ME = '/v1/users/me';
const DISCOVERY = '/.well-known/openid-configuration';
const READY = '/health/ready';

const key = new SigningKey();

const asJson =
  (body: () => object): RequestListener =>
  (_request, response) => {
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body()));
  };

/** An identity provider whose answers a test chooses. */
class Provider {
  keySet: object = { keys: [key.publicJwk] };
  readonly good = asJson(() => ({ issuer: this.issuer, jwks_uri: `${this.issuer}/jwks` }));
  /** The listener for discovery requests. */
  describing = this.good;
  private readonly server = createServer((request, response) => {
    if (request.url === DISCOVERY) this.describing(request, response);
    else asJson(() => this.keySet)(request, response);
  });

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get settings(): Record<string, string> {
    return { OIDC_ISSUER: this.issuer, OIDC_AUDIENCE: AUDIENCE };
  }

  session(claims: Record<string, unknown> = {}): string {
    const now = Math.floor(Date.now() / 1000);
    return key.sign({ iss: this.issuer, aud: AUDIENCE, sub: 'ada', iat: now, exp: now + 3600, ...claims });
  }

  static async start(): Promise<Provider> {
    const provider = new Provider();
    await once(provider.server.listen(0, '127.0.0.1'), 'listening');
    return provider;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

let provider: Provider;

beforeEach(async () => {
  provider = await Provider.start();
});
afterEach(async () => provider.stop());

const FAULTS: readonly (readonly [string, RegExp, (issuer: string) => RequestListener])[] = [
  [
    'redirects',
    /no sign-in: .*\/openid-configuration redirects to .*elsewhere.*: configure the exact issuer \(iss\) of its tokens/,
    (issuer) => (_request, response) => response.writeHead(302, { Location: `${issuer}/elsewhere` }).end(),
  ],
  [
    'is a template for many tenants',
    /no sign-in: .* names the issuer .*\{tenantid\}.*, a template for several tenants: configure the issuer of one tenant/,
    (issuer) =>
      asJson(() => ({ issuer: 'https://login.example.com/{tenantid}/v2.0', jwks_uri: `${issuer}/jwks` })),
  ],
  [
    'names another issuer',
    /no sign-in: .* names the issuer .*, which is different: configure the exact issuer \(iss\)/,
    (issuer) => asJson(() => ({ issuer: `${issuer}/`, jwks_uri: `${issuer}/jwks` })),
  ],
  [
    'names no key set',
    /no sign-in: the metadata of .* has no valid jwks_uri/,
    (issuer) => asJson(() => ({ issuer })),
  ],
];

describe('the metadata of an identity provider', () => {
  const started: { readonly faulty: Provider; readonly running: NodeProcess & { readonly url: string } }[] =
    [];

  afterAll(async () => {
    for (const { faulty, running } of started) {
      await running.stop();
      await faulty.stop();
    }
  });

  it.each(FAULTS)(
    'makes sessions fail with 500, and the log names the fault, if it %s',
    async (_what, line, describing) => {
      const faulty = await Provider.start();
      faulty.describing = describing(faulty.issuer);
      const running = await runBuiltService({
        NODE_ENV: 'development',
        LOG_FORMAT: 'json',
        ...faulty.settings,
      });
      started.push({ faulty, running });
      await running.waitFor(line);
      const [, root = ''] = await running.waitFor(/root key: (\S+)/);
      const answer = await new HttpClient(running.url, faulty.session()).get(ME);
      expect([answer.status, answer.body['code']]).toEqual([500, 'internal_error']);
      expect(answer.text).not.toContain(faulty.issuer);
      const ready = await new HttpClient(running.url).get(READY);
      expect([ready.status, ready.body['parts']]).toEqual([
        200,
        expect.objectContaining({
          issuer: {
            status: 'degraded',
            detail: '1 of 1 identity providers are set up wrong; the log names the fault.',
          },
        }),
      ]);
      expect((await new HttpClient(running.url, root).get('/v1/api-keys/self')).status).toBe(200);
      faulty.describing = faulty.good;
    },
  );

  it('is used without a restart once it is correct', async () => {
    expect(started).toHaveLength(FAULTS.length);
    // Keyward does not retry a faulty provider for some seconds. They pass for all providers at once.
    for (const { faulty, running } of started) {
      const client = new HttpClient(running.url, faulty.session());
      await eventuallyIs(async () => (await client.get(ME)).status, 200);
    }
  });

  it.each<[string, number, () => RequestListener]>([
    ['names another issuer', 500, () => asJson(() => ({ issuer: 'https://else.example.com' }))],
    ['is unavailable', 503, () => (_request, response) => response.writeHead(502).end()],
  ])('is not requested again for each forged session if it %s [T69]', async (_what, status, listener) => {
    let asked = 0;
    provider.describing = (request, response) => {
      asked += 1;
      listener()(request, response);
    };
    const service = await startService('memory', provider.settings);
    try {
      const before = asked;
      for (let sent = 0; sent < 20; sent += 1) {
        const forged = provider.session().replace(/[^.]*$/, 'AAAA');
        expect((await service.as(forged).get(ME)).status).toBe(status);
      }
      // One request every 5 s, and a slow machine needs several.
      expect(asked - before).toBeLessThan(10);
    } finally {
      await service.stop();
    }
  });

  it('makes sessions fail with 503 if it is unavailable', async () => {
    provider.describing = (_request, response) => response.writeHead(500).end();
    const service = await startService('memory', provider.settings);
    try {
      const answer = await service.as(provider.session()).get(ME);
      expect([answer.status, answer.body['code']]).toEqual([503, 'issuer_unavailable']);
    } finally {
      await service.stop();
    }
  });
});

describe('a user of an identity provider', () => {
  it('can sign in if the key set contains a key twice', async () => {
    provider.keySet = { keys: [key.publicJwk, key.publicJwk, { ...key.publicJwk, x5t: 'AAAA' }] };
    const service = await startService('memory', provider.settings);
    try {
      expect((await service.as(provider.session()).get(ME)).status).toBe(200);
    } finally {
      await service.stop();
    }
  });

  it('belongs to an organisation with a numeric id only if the number is exact [T21]', async () => {
    const service = await startService('memory', { ...provider.settings, OIDC_ORG_CLAIM: 'orgs' });
    const make = async (orgs: unknown, orgId: string): Promise<number> =>
      (await service.as(provider.session({ orgs })).post('/v1/api-keys', { name: 'n', scopes: [], orgId }))
        .status;
    try {
      expect(await make(7, '7')).toBe(201);
      expect(await make([7, 'globex'], 'globex')).toBe(201);
      expect(await make([7], '8')).toBe(403);
      // 2^53 + 1 arrives as 2^53, which is another organisation.
      expect(await make([9_007_199_254_740_992], '9007199254740992')).toBe(403);
    } finally {
      await service.stop();
    }
  });

  it('has a verified email address if email_verified is the text "true"', async () => {
    const service = await startService('memory', provider.settings);
    try {
      const claims = { email: 'ada@acme.example', email_verified: 'true' };
      expect((await service.as(provider.session(claims)).get(ME)).body['emailVerified']).toBe(true);
    } finally {
      await service.stop();
    }
  });
});
