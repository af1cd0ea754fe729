import { newKeyId } from '../../src/api-keys/domain/key-id';
import { issueToken } from '../../src/api-keys/domain/token/key-token';
import type { HttpAnswer } from '../support/http-client';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { startService, type TestService } from '../support/service';

const LIMIT = 5;
const SELF = '/v1/api-keys/self';

describe('an address with failed credentials', () => {
  let service: TestService;
  let addresses = 0;

  beforeAll(async () => {
    service = await startService('memory', {
      FAILED_CREDENTIALS_PER_MINUTE: String(LIMIT),
      TRUST_PROXY: '127.0.0.1',
    });
  });
  afterAll(async () => service.stop());

  /** An address without failed credentials. */
  const freshAddress = (): string => `203.0.113.${(addresses += 1)}`;
  const present = async (token: string | undefined, from: string, path = SELF): Promise<HttpAnswer> =>
    service.as(token).get(path, { 'X-Forwarded-For': from });
  const fail = async (from: string): Promise<unknown> => (await present('nonsense', from)).body['code'];
  const failOften = async (from: string, times = LIMIT): Promise<void> => {
    for (let time = 0; time < times; time += 1) expect(await fail(from)).toBe('malformed_token');
  };

  it('gets 429 with Retry-After for invalid tokens past the limit [T59]', async () => {
    const from = freshAddress();
    await failOften(from);
    for (let time = 0; time < 3; time += 1) {
      const answer = await present('nonsense', from);
      expect([answer.status, answer.body['code']]).toEqual([429, 'too_many_failures']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(60);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.headers.get('ratelimit')).toBeNull();
    }
  });

  it('gets the same 429 answer for every kind of invalid token past the limit', async () => {
    const from = freshAddress();
    await failOften(from);
    const revoked = await service.issue({});
    await service.as(revoked.token).delete(SELF);
    const tokens = [revoked.token, issueToken('kw', newKeyId(new Date())).token, 'nonsense', ''];
    const answers = new Set<string>();
    for (const token of tokens) {
      const { status, text } = await present(token, from);
      answers.add(`${status} ${text}`);
    }
    expect([...answers]).toEqual([expect.stringMatching(/^429 .*too_many_failures/) as string]);
  });

  it('can still use every valid key past the limit [T59]', async () => {
    const from = freshAddress();
    await failOften(from);
    expect(await fail(from)).toBe('too_many_failures');
    const { token } = await service.issue({ scopes: ['memory:read'] });
    expect((await present(token, from)).status).toBe(200);
    expect((await present(token, from, '/v1/forward-auth?scope=memory:read')).status).toBe(200);
    expect((await present(token, from, '/v1/api-keys')).body['code']).toBe('insufficient_scope');
    expect((await present(service.root.token, from, '/v1/api-keys/no-id')).status).toBe(404);
    expect((await present(undefined, from)).body['code']).toBe('missing_credential');
    expect(await fail(from)).toBe('too_many_failures');
  });

  it.each([
    ['separately from', 'a neighbouring address', '198.51.100.1', '198.51.100.2'],
    ['together with', 'the same address, mapped into IPv6', '198.51.100.3', '::ffff:198.51.100.3'],
    ['together with', 'the same /64 in IPv6', '2001:db8:0:1::1', '2001:db8:0:1:ffff:ffff:ffff:ffff'],
    ['separately from', 'the next /64 in IPv6', '2001:db8:0:2::1', '2001:db8:0:3::1'],
    ['together with', 'another unreadable address', 'unknown', '_hidden'],
    ['separately from', 'a known address, if it is unreadable', 'not-an-address', '198.51.100.4'],
  ])('is counted %s %s: %s and %s', async (how, _name, from, other) => {
    for (let time = 0; time <= LIMIT; time += 1) await fail(from);
    expect(await fail(from)).toBe('too_many_failures');
    expect(await fail(other)).toBe(how === 'together with' ? 'too_many_failures' : 'malformed_token');
  });
});

describe('a service that trusts no proxy', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('memory', { FAILED_CREDENTIALS_PER_MINUTE: String(LIMIT) });
  });
  afterAll(async () => service.stop());

  it('counts failures by the address of the socket, and ignores X-Forwarded-For', async () => {
    const codes = [];
    for (let time = 0; time <= LIMIT; time += 1) {
      const headers = { 'X-Forwarded-For': `203.0.113.${time}` };
      codes.push((await service.as('nonsense').get(SELF, headers)).body['code']);
    }
    expect(codes.slice(0, LIMIT)).toEqual(Array.from({ length: LIMIT }, () => 'malformed_token'));
    expect(codes[LIMIT]).toBe('too_many_failures');
  });

  it.each(['0', '-1', '1.5', 'many', '1000001'])('does not start with a limit of %s', async (limit) => {
    const starting = startService('memory', { FAILED_CREDENTIALS_PER_MINUTE: limit });
    await expect(starting).rejects.toThrow(/FAILED_CREDENTIALS_PER_MINUTE/);
  });
});

describe('an application with a window of one second for failed credentials', () => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost('fastify', {
      limits: { failedCredentials: { limit: 2, windowSeconds: 1 } },
    });
  });
  afterAll(async () => host.close());

  const fail = async (): Promise<number> => (await host.as('nonsense').get('/whoami')).status;

  it('answers 401 instead of 429 again when the window is over', async () => {
    const told = await Promise.all([fail(), fail(), fail(), fail()]);
    expect([401, 429].map((status) => told.filter((each) => each === status).length)).toEqual([2, 2]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await fail()).toBe(401);
  });
});
