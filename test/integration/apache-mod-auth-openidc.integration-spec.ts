import { startApache } from '../support/integration/apache';
import { type IssuedKey, type Keyward, startKeywardInMemory } from '../support/integration/keyward';
import { type EchoUpstream, startEchoUpstream } from '../support/integration/proxy/echo-upstream';
import { bearer } from '../support/integration/proxy/guarded-site';
import type { RunningProxy } from '../support/integration/proxy/running-proxy';
import { send, type WireAnswer } from '../support/integration/proxy/send';
import { startTlsFront, type TlsFront } from '../support/integration/tls-front';
import type { HeaderLine } from '../support/raw-request';

describe('Apache with mod_auth_openidc, which introspects keys for the organisation acme,', () => {
  let keyward: Keyward;
  let tls: TlsFront;
  let app: EchoUpstream;
  let verifier: IssuedKey;
  let apache: RunningProxy;

  beforeAll(async () => {
    [keyward, app] = await Promise.all([startKeywardInMemory(), startEchoUpstream()]);
    tls = await startTlsFront(keyward.address);
    verifier = await keyward.issue({ scopes: ['api-keys:verify'], orgId: 'acme' });
    apache = await startApache({
      'https://keys.example.com': tls.url,
      '/etc/ssl/certs/ca-certificates.crt': tls.authority,
      '127.0.0.1:9000': app.address,
      VERIFIER_KEY_ID: verifier.id,
      VERIFIER_TOKEN: verifier.token,
    });
  });
  afterAll(async () => {
    await apache.stop();
    await tls.stop();
    await Promise.all([keyward.stop(), app.stop()]);
  });

  const get = async (path: string, token?: string, lines: readonly HeaderLine[] = []): Promise<WireAnswer> =>
    send(apache.url, { path, lines: [...(token === undefined ? [] : [bearer(token)]), ...lines] });

  const expectRefused = async (status: number, path: string, token?: string): Promise<WireAnswer> => {
    const before = app.received.length;
    const answer = await get(path, token);
    expect([answer.status, app.received.slice(before)]).toEqual([status, []]);
    return answer;
  };

  const reader = {
    scopes: ['memory:read', 'report:list'],
    orgId: 'acme',
    expiresAt: '2099-01-01T00:00:00Z',
  };

  it('allows a key with the scope, and passes on the key’s id and binding but not its token', async () => {
    const { id, token } = await keyward.issue(reader);
    const answer = await get('/memories?q=1', token, [
      ['OIDC_CLAIM_org_id', 'globex'],
      ['OIDC-CLAIM-project_id', 'hermes'],
    ]);
    expect(answer.status).toBe(200);
    const seen = app.received.at(-1);
    expect(seen).toMatchObject({
      path: '/memories?q=1',
      headers: { oidc_claim_client_id: id, oidc_claim_sub: id, oidc_claim_org_id: 'acme' },
    });
    expect(seen?.headers['oidc_claim_scope']).toContain('memory:read');
    expect(JSON.stringify(seen)).not.toMatch(/globex|hermes/);
    expect(JSON.stringify(seen)).not.toContain(token.slice(30));
  });

  it.each([[['memory:*']], [['*']], [['a:b', 'memory:read']]])(
    'allows a key with %p on a route that requires memory:read',
    async (scopes) => {
      const { token } = await keyward.issue({ scopes, orgId: 'acme' });
      expect((await get('/memories', token)).status).toBe(200);
    },
  );

  it('keeps its headers about a key even if a client lists them in Connection', async () => {
    const { token } = await keyward.issue(reader);
    const before = app.received.length;
    await get('/memories', token, [['Connection', 'close, OIDC_CLAIM_org_id, OIDC_CLAIM_scope']]);
    for (const { headers } of app.received.slice(before)) {
      expect(headers).toMatchObject({
        oidc_claim_org_id: 'acme',
        oidc_claim_scope: 'memory:read report:list',
      });
    }
  });

  it('answers 401 with a challenge to a request without a key', async () => {
    const answer = await expectRefused(401, '/memories');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  it('rejects an unknown key and a token of another system with 401', async () => {
    await expectRefused(401, '/memories', 'kw_01jd8x4k2m6n8p0q2r4s6t8v0w_nonsense');
    await expectRefused(401, '/memories', 'ghp_0123456789');
  });

  it('rejects a revoked key immediately with 401', async () => {
    const { id, token } = await keyward.issue(reader);
    expect((await get('/memories', token)).status).toBe(200);
    await keyward.root.delete(`/v1/api-keys/${id}`);
    await expectRefused(401, '/memories', token);
  });

  it.each([[['memory:write']], [['memory:read:all']], [['report:*']], [['xmemory:read']], [[]]])(
    'rejects a key with %p on a route that requires memory:read with 403',
    async (scopes) => {
      const { token } = await keyward.issue({ scopes, orgId: 'acme' });
      await expectRefused(403, '/memories', token);
    },
  );

  it('rejects a key of another organisation with 401, like an unknown key', async () => {
    const { token } = await keyward.issue({ ...reader, orgId: 'globex' });
    await expectRefused(401, '/memories', token);
  });

  it('requires both the organisation and the scope on a route that names both', async () => {
    const scopes = ['report:read'];
    const bound = await keyward.issue({ scopes, orgId: 'acme' });
    const unbound = await keyward.issue({ scopes });
    const unscoped = await keyward.issue({ scopes: ['report:list'], orgId: 'acme' });
    expect((await get('/reports', bound.token)).status).toBe(200);
    await expectRefused(403, '/reports', unbound.token);
    await expectRefused(403, '/reports', unscoped.token);
  });

  it('rejects a key that is bound to a project with 401, because Apache names no project', async () => {
    const { token } = await keyward.issue({ ...reader, projectId: 'apollo' });
    await expectRefused(401, '/memories', token);
  });

  it('allows only the configured paths, even if a path is encoded or contains ".."', async () => {
    const { token } = await keyward.issue(reader);
    await expectRefused(403, '/', token);
    await expectRefused(403, '/memoriesx', token);
    await expectRefused(403, '/memories/../admin', token);
    await expectRefused(403, '/memories/%2e%2e/admin', token);
    await expectRefused(404, '/memories/..%2fadmin', token);
  });

  it('rejects every request with 401 while Apache’s own key is disabled', async () => {
    const { token } = await keyward.issue(reader);
    const path = `/v1/api-keys/${verifier.id}`;
    expect((await keyward.root.patch(path, { enabled: false })).status).toBe(200);
    await expectRefused(401, '/memories', token);
    expect((await keyward.root.patch(path, { enabled: true })).status).toBe(200);
    expect((await get('/memories', token)).status).toBe(200);
  });

  it('rejects every request with 401 while Keyward is unreachable', async () => {
    const { token } = await keyward.issue(reader);
    await keyward.stop();
    await expectRefused(401, '/memories', token);
  });
});
