import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { startService, type TestService } from '../support/service';

const APP = 'https://app.acme.example';
const OTHER = 'https://app.globex.example:8443';

/** Opens a raw connection. `ended` resolves with all received text when the connection closes. */
async function byHand(url: string): Promise<{ socket: Socket; ended: Promise<string> }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  socket.on('error', () => undefined);
  const ended = once(socket, 'close').then(() => answer);
  await once(socket, 'connect');
  return { socket, ended };
}

const preflight = (origin: string): Record<string, string> => ({
  Origin: origin,
  'Access-Control-Request-Method': 'POST',
  'Access-Control-Request-Headers': 'authorization',
});

describe('the security headers', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory');
  });
  afterAll(async () => service.stop());

  const answers = (): readonly (readonly [string, () => Promise<{ headers: Headers }>])[] => [
    ['an allowed request', async () => service.as(service.root.token).get('/v1/api-keys/self')],
    [
      'a response without a body',
      async () => service.as(service.root.token).get('/v1/forward-auth?authenticated=1'),
    ],
    ['a rejected request', async () => service.as().get('/v1/api-keys')],
    ['an unknown path', async () => service.as().get('/nowhere')],
    ['a malformed path', async () => service.as().get('/%zz')],
    ['a malformed body', async () => service.as(service.root.token).post('/v1/api-keys', '{')],
    ['metrics', async () => service.as().get('/metrics')],
  ];

  it('block all content in browsers and hide the server software on every response [T27]', async () => {
    for (const [what, ask] of answers()) {
      const { headers } = await ask();
      expect([what, headers.get('content-security-policy')]).toEqual([
        what,
        "default-src 'none';base-uri 'none';frame-ancestors 'none'",
      ]);
      expect([what, headers.get('x-content-type-options')]).toEqual([what, 'nosniff']);
      expect([what, headers.get('referrer-policy')]).toEqual([what, 'no-referrer']);
      expect([what, headers.get('server'), headers.get('x-powered-by')]).toEqual([what, null, null]);
    }
    const { socket, ended } = await byHand(service.url);
    socket.write('junk\r\n\r\n');
    expect(await ended).toMatch(/x-content-type-options: nosniff/i);
  });

  it.each([
    [
      'without a host',
      'GET /v1/api-keys HTTP/1.1\r\nConnection: close\r\n\r\n',
      400,
      'Send exactly one Host header.',
    ],
    [
      'with two hosts',
      'GET /v1/api-keys HTTP/1.1\r\nHost: x\r\nHOST: y\r\nConnection: close\r\n\r\n',
      400,
      'Send exactly one Host header.',
    ],
    [
      'with an unknown expectation',
      'GET /v1/api-keys HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n',
      401,
      '"code":"missing_credential"',
    ],
  ])('are sent with the problem for a request %s', async (_what, request, status, detail) => {
    const { socket, ended } = await byHand(service.url);
    socket.write(request);
    const answer = await ended;
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/x-content-type-options: nosniff/i);
    expect(answer).toMatch(/content-type: application\/problem\+json/i);
    expect(answer).toContain(detail);
  });

  it('allow Swagger UI to load its own files, even over plain HTTP', async () => {
    for (const path of ['/docs/', '/docs/swagger-ui-bundle.js', '/docs/oauth2-redirect.html']) {
      const { status, headers } = await service.as().get(path);
      const policy = String(headers.get('content-security-policy'));
      expect([path, status]).toEqual([path, 200]);
      expect(policy).toContain("script-src 'self';");
      expect(policy).not.toMatch(/upgrade-insecure-requests|unsafe-eval|\*|https?:/);
      expect(headers.get('cross-origin-opener-policy')).toBeNull();
    }
  });
});

describe('a browser page from another origin', () => {
  let service: TestService;
  let open: TestService;

  beforeAll(async () => {
    service = await startService('memory');
    open = await startService('memory', { CORS_ORIGINS: `${APP}, ${OTHER}` });
  });
  afterAll(async () => {
    await service.stop();
    await open.stop();
  });

  it('gets no CORS headers if no origin is listed [T25]', async () => {
    const { headers } = await service.as(service.root.token).get('/v1/api-keys/self', { Origin: APP });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    const asked = await service.as().send('OPTIONS', '/v1/api-keys', undefined, preflight(APP));
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([405, null]);
  });

  it.each([APP, OTHER])('can send its key but no cookies from a listed origin: %s', async (origin) => {
    const asked = await open.as().send('OPTIONS', '/v1/api-keys', undefined, preflight(origin));
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
    expect(asked.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
    const refused = await open.as().get('/v1/api-keys', { Origin: origin });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
    const { status, headers } = await open.as(open.root.token).get('/v1/api-keys/self', { Origin: origin });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    expect(headers.get('vary')).toContain('Origin');
    expect(headers.get('access-control-expose-headers')).toContain('X-Request-Id');
  });

  it.each([
    'https://app.acme.example.evil.test',
    'http://app.acme.example',
    'https://app.acme.example:8443',
    'https://APP.acme.example',
    'https://x.app.acme.example',
    'https://app.globex.example',
    'null',
    '*',
    '',
  ])('gets no CORS headers for the origin %j [T25]', async (origin) => {
    const { headers } = await open.as(open.root.token).get('/v1/api-keys/self', { Origin: origin });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    const asked = await open.as().send('OPTIONS', '/v1/api-keys', undefined, preflight(origin));
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([405, null]);
  });

  it.each([
    '/v1/forward-auth?scope=memory:read',
    '/v1/forward-auth/?scope=memory:read',
    '/v1/forward%2Dauth?scope=memory:read',
    '/v1/forward-auth',
  ])('gets an error for a preflight to forward-auth, so that a proxy rejects it: %s [T26]', async (path) => {
    const asked = await open.as().send('OPTIONS', path, undefined, preflight(APP));
    expect(asked.status).toBeGreaterThanOrEqual(401);
    expect(asked.headers.get('access-control-allow-origin')).toBeNull();
  });

  // These requests are sent raw because fetch would normalise their paths.
  it.each(['/v1/api-keys/../forward-auth', '/v1/events/%2e%2e/forward-auth', '/oauth2/.%2E/v1/forward-auth'])(
    'gets an error for a preflight to a path that a proxy normalises to forward-auth: %s',
    async (path) => {
      const headers = Object.entries(preflight(APP)).map(([name, value]) => `${name}: ${value}\r\n`);
      const { socket, ended } = await byHand(open.url);
      socket.write(`OPTIONS ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers.join('')}\r\n`);
      const answer = await ended;
      expect(answer).toMatch(/^HTTP\/1\.1 40[14] /);
      expect(answer.toLowerCase()).not.toContain('access-control-allow-origin');
    },
  );
});

describe('a slow client', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory', { REQUEST_TIMEOUT_MS: '1000', KEEP_ALIVE_TIMEOUT_MS: '300' });
  });
  afterAll(async () => service.stop());

  it('is disconnected if it sends its headers too slowly, and does not block other clients [T24]', async () => {
    const slow = await Promise.all(Array.from({ length: 50 }, async () => byHand(service.url)));
    const sending = { on: true };
    const trickle = slow.map(async ({ socket }) => {
      for (const letter of `GET /v1/api-keys HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(1000)}`) {
        if (!sending.on || socket.destroyed) return;
        socket.write(letter);
        await pause(20);
      }
    });
    for (const orgId of ['acme', 'globex']) {
      const { token } = await service.issue({ scopes: [], orgId });
      expect((await service.as(token).get('/v1/api-keys/self')).status).toBe(200);
    }
    const answers = await Promise.all(slow.map(async ({ ended }) => ended));
    sending.on = false;
    await Promise.all(trickle);
    for (const answer of answers)
      expect(answer).toMatch(/^(?:HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"|$)/);
    expect(answers.some((answer) => answer !== '')).toBe(true);
  });

  it('gets 408 if it does not send its announced body', async () => {
    const { socket, ended } = await byHand(service.url);
    socket.write(
      `POST /v1/api-keys HTTP/1.1\r\nHost: x\r\nX-API-Key: ${service.root.token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name"',
    );
    expect(await ended).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('is disconnected if it sends no request or no further request [T24]', async () => {
    const silent = await byHand(service.url);
    const served = await byHand(service.url);
    served.socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await silent.ended;
    expect(await served.ended).toMatch(/^HTTP\/1\.1 200 /);
  });
});
