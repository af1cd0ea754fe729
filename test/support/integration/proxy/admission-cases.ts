import { bearer } from './guarded-site';
import { ACME, expectRefused, GLOBEX, type ProxyTest } from './proxy-test';

/** Defines tests in which the proxy allows or rejects requests by their keys. */
export function itAdmitsByTheKey(test: () => ProxyTest): void {
  it('allows a key in its own organisation, and passes on its id and binding but not its token', async () => {
    const { site } = test();
    const { id, token } = await site.keyward.issue({ scopes: ['memory:read', 'report:*'], orgId: 'acme' });
    const [seen] = await site.cameThrough(async () => {
      expect((await site.as(token, `${ACME}?q=1`)).status).toBe(200);
    });
    expect(seen).toMatchObject({
      path: `${ACME}?q=1`,
      headers: { 'x-auth-key-id': id, 'x-auth-scopes': 'memory:read report:*', 'x-auth-org-id': 'acme' },
    });
    expect(JSON.stringify(seen)).not.toContain(token);
  });

  it('accepts a key in X-API-Key, and does not pass it on', async () => {
    const { site, acmeReader } = test();
    const [seen] = await site.cameThrough(async () =>
      site.request({ path: ACME, lines: [['X-API-Key', acmeReader]] }),
    );
    expect(seen?.headers).toMatchObject({ 'x-auth-org-id': 'acme' });
    expect(JSON.stringify(seen)).not.toContain(acmeReader);
  });

  it('passes on the body of a POST request if the key has the scope for it', async () => {
    const { site, acmeReader } = test();
    const { token } = await site.keyward.issue({ scopes: ['memory:write'], orgId: 'acme' });
    const post = { method: 'POST', path: ACME, body: JSON.stringify({ text: 'remember' }) };
    const json = ['Content-Type', 'application/json'] as const;
    const [seen] = await site.cameThrough(async () =>
      site.request({ ...post, lines: [bearer(token), json] }),
    );
    expect(seen).toMatchObject({ method: 'POST', body: post.body });
    await expectRefused(site, 403, async () => site.request({ ...post, lines: [bearer(acmeReader), json] }));
  });

  it('answers 401 with a challenge to a request without a key', async () => {
    const { site } = test();
    const answer = await expectRefused(site, 401, async () => site.request({ path: ACME }));
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="keyward"');
  });

  it.each([
    ['an unknown key', 'kw_01jd8x4k2m6n8p0q2r4s6t8v0w_nonsense'],
    ['a token of another system', 'ghp_0123456789'],
  ])('rejects %s with 401', async (_what, token) => {
    const { site } = test();
    await expectRefused(site, 401, async () => site.as(token, ACME));
  });

  it('rejects a request with two different keys with 401', async () => {
    const { site, acmeReader, globexReader } = test();
    await expectRefused(site, 401, async () => site.as(acmeReader, ACME, [['X-API-Key', globexReader]]));
  });

  it('rejects a revoked key immediately with 401', async () => {
    const { site } = test();
    const { id, token } = await site.keyward.issue({ scopes: ['memory:read'], orgId: 'acme' });
    expect((await site.as(token, ACME)).status).toBe(200);
    await site.keyward.root.delete(`/v1/api-keys/${id}`);
    await expectRefused(site, 401, async () => site.as(token, ACME));
  });

  it('rejects a key without the scope with 403', async () => {
    const { site } = test();
    for (const scopes of [['memory:write'], []]) {
      const { token } = await site.keyward.issue({ scopes, orgId: 'acme' });
      await expectRefused(site, 403, async () => site.as(token, ACME));
    }
  });

  it('rejects a key of another organisation with 403', async () => {
    const { site, acmeReader, globexReader } = test();
    await expectRefused(site, 403, async () => site.as(globexReader, ACME));
    await expectRefused(site, 403, async () => site.as(acmeReader, GLOBEX));
  });

  it('rejects a bound key with 403 if the route names no tenant', async () => {
    const { site } = test();
    const { token } = await site.keyward.issue({ scopes: ['report:read'], orgId: 'acme' });
    await expectRefused(site, 403, async () => site.as(token, '/reports/all'));
    const { token: unbound } = await site.keyward.issue({ scopes: ['report:read'] });
    expect((await site.as(unbound, '/reports/all')).status).toBe(200);
  });

  it('allows any valid key if the proxy requires no scope', async () => {
    const { site } = test();
    const { token } = await site.keyward.issue({ scopes: [] });
    expect((await site.as(token, '/whoami')).status).toBe(200);
    await expectRefused(site, 401, async () => site.request({ path: '/whoami' }));
  });

  it('answers 429 with Retry-After to a key over its rate limit', async () => {
    const { site, acmeReader } = test();
    const rateLimits = [{ name: 'default', limit: 3, windowSeconds: 60 }];
    const { token } = await site.keyward.issue({ scopes: ['memory:read'], orgId: 'acme', rateLimits });
    for (let call = 1; call <= 3; call += 1) expect((await site.as(token, ACME)).status).toBe(200);
    const { headers } = await expectRefused(site, 429, async () => site.as(token, ACME));
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(headers.get('ratelimit')).toMatch(/^"key:default";r=0;t=\d+$/);
    expect((await site.as(acmeReader, ACME)).status).toBe(200);
  });
}
