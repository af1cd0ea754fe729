import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpClient } from '../support/http-client';
import { SigningKey } from '../support/identity-provider/signing-key';
import { runBuiltService } from '../support/node-process';
import { eventuallyIs } from '../support/patience';
import { startService } from '../support/service';

const AUDIENCE = 'keyward';
const ME = '/v1/users/me';
const DISCOVERY = '/.well-known/openid-configuration';
const READY = '/health/ready';

const key = new SigningKey();
let keySet: object;
/** What the provider answers to discovery. */
let describing: RequestListener;
let server: Server;
let issuer: string;

const asJson =
  (body: () => object): RequestListener =>
  (_request, response) => {
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body()));
  };
const good = asJson(() => ({ issuer, jwks_uri: `${issuer}/jwks` }));

const session = (claims: Record<string, unknown> = {}): string => {
  const now = Math.floor(Date.now() / 1000);
  return key.sign({ iss: issuer, aud: AUDIENCE, sub: 'ada', iat: now, exp: now + 3600, ...claims });
};

beforeEach(async () => {
  keySet = { keys: [key.publicJwk] };
  describing = good;
  server = createServer((request, response) => {
    if (request.url === DISCOVERY) describing(request, response);
    else asJson(() => keySet)(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const settings = (): Record<string, string> => ({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE });

const FAULTS: readonly (readonly [string, RegExp, () => RequestListener])[] = [
  [
    'redirects',
    /no sign-in: .*\/openid-configuration redirects to .*elsewhere.*: configure the issuer as it stands in its tokens/,
    () => (_request, response) => response.writeHead(302, { Location: `${issuer}/elsewhere` }).end(),
  ],
  [
    'is a template for many tenants',
    /no sign-in: .* describes itself as the issuer .*\{tenantid\}.*, a template for many tenants: configure the issuer of one tenant/,
    () => asJson(() => ({ issuer: 'https://login.example.com/{tenantid}/v2.0', jwks_uri: `${issuer}/jwks` })),
  ],
  [
    'is of another issuer',
    /no sign-in: .* describes itself as the issuer .*, another one: configure the issuer/,
    () => asJson(() => ({ issuer: `${issuer}/`, jwks_uri: `${issuer}/jwks` })),
  ],
  [
    'names no key set',
    /no sign-in: the description of .* names no address of a key set \(jwks_uri\)/,
    () => asJson(() => ({ issuer })),
  ],
];

describe('an identity provider whose description', () => {
  it.each(FAULTS)(
    '%s is a fault of the set-up: named at the start, and no outage',
    async (_what, line, listener) => {
      describing = listener();
      const running = await runBuiltService({ NODE_ENV: 'development', LOG_FORMAT: 'json', ...settings() });
      try {
        await running.waitFor(line);
        const [, root = ''] = await running.waitFor(/root key: (\S+)/);
        const answer = await new HttpClient(running.url, session()).get(ME);
        expect([answer.status, answer.body['code']]).toEqual([500, 'internal_error']);
        expect(answer.text).not.toContain(issuer);
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
        describing = good;
        // The provider is left alone for a moment.
        await eventuallyIs(async () => (await new HttpClient(running.url, session()).get(ME)).status, 200);
      } finally {
        await running.stop();
      }
    },
  );

  it.each<[string, number, () => RequestListener]>([
    ['is of another issuer', 500, () => asJson(() => ({ issuer: 'https://else.example.com' }))],
    ['does not arrive', 503, () => (_request, response) => response.writeHead(502).end()],
  ])('%s is not asked for again by each forged session', async (_what, status, listener) => {
    let asked = 0;
    describing = (request, response) => {
      asked += 1;
      listener()(request, response);
    };
    const service = await startService('memory', settings());
    try {
      const before = asked;
      for (let sent = 0; sent < 20; sent += 1) {
        const forged = session().replace(/[^.]*$/, 'AAAA');
        expect((await service.as(forged).get(ME)).status).toBe(status);
      }
      // One for each 5 s, and a slow machine needs several.
      expect(asked - before).toBeLessThan(10);
    } finally {
      await service.stop();
    }
  });

  it('does not arrive is an outage', async () => {
    describing = (_request, response) => response.writeHead(500).end();
    const service = await startService('memory', settings());
    try {
      const answer = await service.as(session()).get(ME);
      expect([answer.status, answer.body['code']]).toEqual([503, 'issuer_unavailable']);
    } finally {
      await service.stop();
    }
  });
});

describe('people of an identity provider', () => {
  it('sign in though its key set holds a key twice', async () => {
    keySet = { keys: [key.publicJwk, key.publicJwk, { ...key.publicJwk, x5t: 'AAAA' }] };
    const service = await startService('memory', settings());
    try {
      expect((await service.as(session()).get(ME)).status).toBe(200);
    } finally {
      await service.stop();
    }
  });

  it('are of the organisations that it names by number, if the numbers are exact', async () => {
    const service = await startService('memory', { ...settings(), OIDC_ORG_CLAIM: 'orgs' });
    const make = async (orgs: unknown, orgId: string): Promise<number> =>
      (await service.as(session({ orgs })).post('/v1/api-keys', { name: 'n', scopes: [], orgId })).status;
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

  it('have a verified address if it says so in text', async () => {
    const service = await startService('memory', settings());
    try {
      const claims = { email: 'ada@acme.example', email_verified: 'true' };
      expect((await service.as(session(claims)).get(ME)).body['emailVerified']).toBe(true);
    } finally {
      await service.stop();
    }
  });
});
