import type { HttpAnswer } from '../support/http-client';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';

const DOORS = ['/v1/api-keys/self', '/v1/forward-auth?authenticated=1', '/whoami'];
const LIMIT = 2;

describe.each(ADAPTERS)('a client behind a proxy that forwards ports, on %s', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter, {
      http: { trustProxy: ['127.0.0.1'] },
      limits: { failedCredentials: { limit: LIMIT, windowSeconds: 60 } },
    });
  });
  afterAll(async () => host.close());

  const ask = async (path: string, from: string, token = 'nonsense'): Promise<HttpAnswer> =>
    host.as(token).get(path, { 'X-Forwarded-For': from });

  it.each([
    ['203.0.113.7:51008', '203.0.113.0/24', '198.51.100.7:51008'],
    ['[2001:db8::1]:443', '2001:db8::/32', '[2001:db9::1]:443'],
  ])('is compared with the allowlist without its port: %s', async (client, allowed, stranger) => {
    const { token } = await host.issue({ allowedIps: [allowed] });
    for (const path of DOORS) {
      expect([path, (await ask(path, client, token)).status]).toEqual([path, 200]);
      expect([path, (await ask(path, stranger, token)).body['code']]).toEqual([path, 'ip_not_allowed']);
    }
  });

  it.each(['203.0.113.7:65536', '203.0.113.7:', '[203.0.113.7]:80', '203.0.113.7, 203.0.113.7:x'])(
    'gets ip_not_allowed if the proxy sends the invalid address %s',
    async (from) => {
      const { token } = await host.issue({ allowedIps: ['203.0.113.0/24'] });
      for (const path of DOORS) expect((await ask(path, from, token)).body['code']).toBe('ip_not_allowed');
    },
  );

  it('shares one limit of failed credentials across all its ports [T97]', async () => {
    for (let port = 1; port <= LIMIT; port += 1) {
      expect((await ask('/v1/api-keys/self', `192.0.2.1:${port}`)).status).toBe(401);
    }
    for (const from of ['192.0.2.1:9', '192.0.2.1']) {
      expect((await ask('/v1/api-keys/self', from)).body['code']).toBe('too_many_failures');
    }
    expect((await ask('/v1/api-keys/self', '192.0.2.2:9')).status).toBe(401);
  });
});
