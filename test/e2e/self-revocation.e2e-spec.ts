import { type DynamicModule, Module } from '@nestjs/common';
import { type CreateApiKey, type IssuedApiKey, OWNER_STATUS } from 'keyward';
import type { HttpAnswer } from '../support/http-client';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';

const SELF = '/v1/api-keys/self';
const ELSEWHERE = '198.51.100.7';
const DISABLED_OWNER = 'disabled';
const UNKNOWN_OWNER = 'unknown';

const outcome = ({ status, body }: HttpAnswer): readonly unknown[] => [status, body['code']];

const isActive = async (ownerId: string): Promise<boolean> => {
  if (ownerId === UNKNOWN_OWNER) throw new Error('the user store is unreachable');
  return ownerId !== DISABLED_OWNER;
};

@Module({})
class OwnersModule {
  static withOwners(): DynamicModule {
    return {
      module: OwnersModule,
      global: true,
      providers: [{ provide: OWNER_STATUS, useValue: { isActive } }],
      exports: [OWNER_STATUS],
    };
  }
}

describe.each(ADAPTERS)('a holder who revokes its own key, on %s', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost(
      adapter,
      { http: { trustProxy: ['127.0.0.1'] }, usage: { storage: 'off' } },
      { imports: [OwnersModule.withOwners()] },
    );
  });
  afterAll(async () => host.close());

  const call = async (method: string, { token }: IssuedApiKey, path = SELF): Promise<HttpAnswer> =>
    host.as(token).send(method, path, undefined, { 'X-Forwarded-For': ELSEWHERE });
  const rotate = async ({ key }: IssuedApiKey, gracePeriodSeconds: number): Promise<IssuedApiKey> => {
    const manager = await host.issue({ scopes: ['*'] });
    const { body } = await host
      .as(manager.token)
      .post(`/v1/api-keys/${key.id}/rotate`, { gracePeriodSeconds });
    return { key, token: String(body['token']) };
  };

  it.each<[string, Partial<CreateApiKey>, number, string]>([
    ['from an address outside its allowlist', { allowedIps: ['203.0.113.0/24'] }, 403, 'ip_not_allowed'],
    ['if the key is disabled', { enabled: false }, 401, 'key_disabled'],
    ['if the key is expired', { expiresAt: new Date('2030-01-01T00:01:00Z') }, 401, 'key_expired'],
    ['if the owner is disabled', { ownerId: DISABLED_OWNER }, 401, 'owner_disabled'],
    ['if the status of the owner is unknown', { ownerId: UNKNOWN_OWNER }, 500, 'internal_error'],
  ])('gets 204 %s, and changes no other key [T88]', async (_when, request, status, code) => {
    host.clock.set(new Date('2030-01-01T00:00:00Z'));
    const leaked = await host.issue({ orgId: 'acme', ...request });
    const other = await host.issue({ scopes: ['*'] });
    host.clock.set(new Date('2030-01-01T00:02:00Z'));
    expect(outcome(await call('GET', leaked))).toEqual([status, code]);
    expect(outcome(await call('DELETE', leaked, `${SELF}?reason=leaked`))).toEqual([204, undefined]);
    expect((await call('GET', other, `/v1/api-keys/${leaked.key.id}`)).body).toMatchObject({
      status: 'revoked',
      revokedReason: 'leaked',
    });
    expect((await call('GET', other)).body['status']).toBe('active');
  });

  it('gets 204 past the rate limit of the key', async () => {
    const leaked = await host.issue({ rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }] });
    expect(outcome(await call('GET', leaked))).toEqual([200, undefined]);
    expect(outcome(await call('GET', leaked))).toEqual([429, 'rate_limited']);
    expect(outcome(await call('DELETE', leaked))).toEqual([204, undefined]);
  });

  it('gets 401 key_revoked the second time', async () => {
    const leaked = await host.issue({ orgId: 'acme' });
    expect(outcome(await call('DELETE', leaked))).toEqual([204, undefined]);
    expect(outcome(await call('DELETE', leaked))).toEqual([401, 'key_revoked']);
  });

  it('gets 401 with a token in its grace period, and this is not recorded as reuse [T95]', async () => {
    const former = await host.issue({ orgId: 'acme' });
    const current = await rotate(former, 3600);
    expect(outcome(await call('DELETE', former))).toEqual([401, 'key_rotated']);
    expect(outcome(await call('GET', former))).toEqual([200, undefined]);
    const manager = await host.issue({ scopes: ['*'] });
    const { body } = await host.as(manager.token).get(`/v1/api-keys/${former.key.id}/history`);
    expect(JSON.stringify(body)).not.toContain('reused');
    expect(outcome(await call('DELETE', current))).toEqual([204, undefined]);
    expect(outcome(await call('GET', former))).toEqual([401, 'key_revoked']);
  });

  it('gets 401 with a replaced, a forged or no token', async () => {
    const former = await host.issue({ orgId: 'acme' });
    const current = await rotate(former, 0);
    const forged = { ...current, token: `${current.token.slice(0, -8)}00000000` };
    expect(outcome(await call('DELETE', former))).toEqual([401, 'key_rotated']);
    expect(outcome(await call('DELETE', forged))).toEqual([401, 'malformed_token']);
    expect((await host.as().delete(SELF)).status).toBe(401);
    expect(outcome(await call('GET', current))).toEqual([200, undefined]);
  });

  it('gets 401 key_disabled for every other request with a disabled key', async () => {
    const disabled = await host.issue({ scopes: ['*'], enabled: false });
    for (const [method, path] of [
      ['GET', SELF],
      ['POST', `${SELF}/rotate`],
      ['DELETE', `/v1/api-keys/${disabled.key.id}`],
    ] as const) {
      expect([path, (await call(method, disabled, path)).body['code']]).toEqual([path, 'key_disabled']);
    }
  });
});
