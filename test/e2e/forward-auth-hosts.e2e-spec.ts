import type { HttpAnswer } from '../support/http-client';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { getRaw } from '../support/raw-request';
import { ADAPTERS } from '../support/two-adapters';

const PATH = '/v1/forward-auth';

describe.each(ADAPTERS)('forward-auth in a host on %s', (adapter) => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter);
  });
  afterAll(async () => host.close());

  const ask = async (
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<HttpAnswer> => {
    const { token } = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    return host.as(token).send(method, path, undefined, headers);
  };

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'answers an allowed %s request with 200 and no body',
    async (method) => {
      const answer = await ask(`${PATH}?scope=memory:read&org=acme`, {}, method);
      expect([answer.status, answer.text, answer.headers.get('x-auth-org-id')]).toEqual([200, '', 'acme']);
      expect((await ask(`${PATH}?scope=memory:read&org=globex`, {}, method)).status).toBe(403);
    },
  );

  it.each([
    ['If-None-Match', '*'],
    ['If-None-Match', 'W/"0-2jmj7l5rSw0yVb/vlWAYkK/YBwk"'],
    ['If-Modified-Since', 'Sun, 01 Jan 2040 00:00:00 GMT'],
    ['Range', 'bytes=0-1'],
  ])('ignores conditional and range headers: %s: %s', async (name, value) => {
    const { token } = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const lines = [['Authorization', `Bearer ${token}`] as const, [name, value] as const];
    const answer = await getRaw(host.url, `${PATH}?scope=memory:read&org=acme`, lines);
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  it.each(['/orgs/acme/memories', '/', '%2Forgs?scope=memory:read&org=acme'])(
    'rejects a request with a path suffix: %s',
    async (suffix) => {
      const answer = await ask(PATH + suffix);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers.get('x-auth-key-id')).toBeNull();
    },
  );

  it('rejects a query to which a client has added parameters with 403', async () => {
    for (const added of [
      '&scope=memory:read',
      '&org=globex',
      '&authenticated=1',
      '&q=x',
      '/orgs/acme/memories',
    ]) {
      const answer = await ask(`${PATH}?scope=memory:read&org=acme${added}`);
      expect([added, answer.status, answer.body['code']]).toEqual([added, 403, 'requirement_malformed']);
    }
  });
});
