import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { AUDIENCE, IdentityProvider } from '../support/identity-provider';
import { SigningKey } from '../support/identity-provider/signing-key';
import { MovableTime } from '../support/movable-time';
import { eventuallyIs } from '../support/patience';
import { type Timed, timed } from '../support/lateness';
import type { HttpAnswer } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const ME = '/v1/users/me';

function expectUnavailable({ result: answer, ms }: Timed<HttpAnswer>): void {
  expect([answer.status, answer.body['code']]).toEqual([503, 'issuer_unavailable']);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.headers.get('www-authenticate')).toBeNull();
  expect(ms).toBeLessThan(2000);
}

const LEAVES = [
  ['is down', async (provider) => provider.stop(), async (provider) => provider.startAgain()],
  ['hangs', (provider) => provider.suspend(), (provider) => provider.resume()],
] as const satisfies readonly (readonly [
  string,
  (provider: IdentityProvider) => void | Promise<void>,
  (provider: IdentityProvider) => void | Promise<void>,
])[];

describe.each(LEAVES)('an identity provider that %s', (_how, leave, comeBack) => {
  let provider: IdentityProvider;
  let service: TestService;
  let clock: MovableTime;

  const start = async (): Promise<TestService> =>
    startService('memory', {
      OIDC_ISSUER: provider.issuer,
      OIDC_AUDIENCE: AUDIENCE,
      OIDC_SWAGGER_CLIENT_ID: 'keyward-docs',
    });
  const expectKeysToWork = async (): Promise<void> => {
    const { result, ms } = await timed(async () => service.as(service.root.token).get('/v1/api-keys/self'));
    expect(result.status).toBe(200);
    expect(ms).toBeLessThan(500);
  };

  beforeEach(async () => {
    provider = await IdentityProvider.start();
    clock = new MovableTime();
  });
  afterEach(async () => {
    clock.restore();
    await service.stop();
    await provider.stop();
  });

  it('makes only sessions fail with 503, until it is back, if its keys were never read', async () => {
    const token = await provider.tokenFor('ada');
    await leave(provider);
    service = await start();
    const warned = jest.spyOn(Logger.prototype, 'warn');
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => timed(async () => service.as(token).get(ME))),
    );
    for (const answer of answers) expectUnavailable(answer);
    await expectKeysToWork();
    const said = warned.mock.calls.filter(([message]) => String(message).includes(provider.issuer));
    expect(said).toHaveLength(1);
    warned.mockRestore();
    await comeBack(provider);
    await eventuallyIs(async () => (await service.as(token).get(ME)).status, 200);
  });

  it('does not affect sessions signed with keys that the service knows', async () => {
    service = await start();
    const ada = await provider.tokenFor('ada');
    const grace = await provider.tokenFor('grace');
    expect((await service.as(ada).get(ME)).status).toBe(200);
    await leave(provider);
    expect((await service.as(ada).get(ME)).status).toBe(200);
    expect((await service.as(grace).get(ME)).status).toBe(200);
    expect((await service.as(provider.sign({ exp: 1 })).get(ME)).status).toBe(401);
    await comeBack(provider);
    expect((await service.as(ada).get(ME)).status).toBe(200);
  });

  it('has its sessions accepted for an hour after its keys were last read, then they get 503', async () => {
    service = await start();
    const token = provider.sign({ exp: Math.floor(Date.now() / 1000) + 86_400 });
    expect((await service.as(token).get(ME)).status).toBe(200);
    clock.advanceMinutes(120);
    expect((await service.as(token).get(ME)).status).toBe(200);
    await leave(provider);
    clock.advanceMinutes(30);
    expect((await service.as(token).get(ME)).status).toBe(200);
    clock.advanceMinutes(29);
    expect((await service.as(token).get(ME)).status).toBe(200);
    clock.advanceMinutes(2);
    expectUnavailable(await timed(async () => service.as(token).get(ME)));
  });

  it('has its sessions with a new signing key rejected with 401 until it is back', async () => {
    service = await start();
    expect((await service.as(await provider.tokenFor('ada')).get(ME)).status).toBe(200);
    await provider.rotateKeys();
    const token = await provider.tokenFor('ada');
    await leave(provider);
    clock.advanceMinutes(1);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { result: answer, ms } = await timed(async () => service.as(token).get(ME));
      expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_session']);
      expect(ms).toBeLessThan(2000);
    }
    await comeBack(provider);
    clock.advanceMinutes(1);
    await eventuallyIs(async () => (await service.as(token).get(ME)).status, 200);
  });
});

describe('an identity provider that answers discovery late and never sends its keys', () => {
  const slow = createServer(({ url }, response) => {
    const { port } = slow.address() as AddressInfo;
    const issuer = `http://127.0.0.1:${port}`;
    const description = JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` });
    if (url?.endsWith('openid-configuration')) setTimeout(() => response.end(description), 1200);
  });

  beforeAll(async () => {
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
  });
  afterAll(() => {
    slow.closeAllConnections();
    slow.close();
  });

  it('delays a request by no more than 2 s in total', async () => {
    const { port } = slow.address() as AddressInfo;
    const issuer = `http://127.0.0.1:${port}`;
    const service = await startService('memory', { OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE });
    const claims = { iss: issuer, aud: AUDIENCE, sub: 'ada', exp: Math.floor(Date.now() / 1000) + 300 };
    const token = new SigningKey().sign(claims);
    try {
      expectUnavailable(await timed(async () => service.as(token).get(ME)));
    } finally {
      await service.stop();
    }
  });
});
