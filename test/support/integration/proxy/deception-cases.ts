import type { HeaderLine } from '../../raw-request';
import { bearer } from './guarded-site';
import { ACME, expectRefused, GLOBEX, type ProxyTest } from './proxy-test';
import type { WireAnswer } from './send';

const IDENTITY = ['Key-Id', 'Scopes', 'Org-Id', 'Project-Id', 'Owner-Id', 'External-Id'];

/** Headers that a client sends to impersonate another caller. */
const SPOOFED = IDENTITY.map((name): HeaderLine => [`X-Auth-${name}`, 'spoofed']);

/** Defines tests in which a client sends false information about itself. */
export function itIsNotDeceived(test: () => ProxyTest): void {
  it('overwrites or removes all identity headers that a client sends [T56]', async () => {
    const { site } = test();
    const { id, token } = await site.keyward.issue({ scopes: ['report:read'] });
    const [seen] = await site.cameThrough(async () => site.as(token, '/reports/all', SPOOFED));
    expect(seen?.headers).toMatchObject({ 'x-auth-key-id': id, 'x-auth-scopes': 'report:read' });
    for (const name of ['x-auth-org-id', 'x-auth-project-id', 'x-auth-owner-id', 'x-auth-external-id']) {
      expect([name, seen?.headers[name] ?? '']).toEqual([name, '']);
    }
    expect(JSON.stringify(seen)).not.toContain('spoofed');
  });

  it.each<[string, readonly HeaderLine[]]>([
    ['lists them in Connection', [['Connection', 'close, X-Auth-Org-Id, X-Auth-Scopes']]],
    [
      'sends them twice',
      [
        ['x-aUTH-oRG-iD', 'globex'],
        ['X-Auth-Org-Id', 'globex'],
      ],
    ],
    [
      'sends them with underscores',
      [
        ['X_Auth_Org_Id', 'globex'],
        ['X-Auth_Org-Id', 'globex'],
        ['X_Auth-Org-Id', 'globex'],
        ['X-Auth-Org_Id', 'globex'],
        ['x_auth_org-id', 'globex'],
      ],
    ],
  ])('keeps its own identity headers if a client %s', async (_how, lines) => {
    const { site, acmeReader } = test();
    const seen = await site.cameThrough(async () => site.as(acmeReader, ACME, lines));
    for (const { headers } of seen) {
      const said = Object.entries(headers).filter(([name]) => name.replaceAll('_', '-') === 'x-auth-org-id');
      expect(said).toEqual([['x-auth-org-id', 'acme']]);
    }
  });

  it('ignores X-Org-Id when it checks the organisation of a key', async () => {
    const { site, acmeReader, globexReader } = test();
    await expectRefused(site, 403, async () => site.as(acmeReader, GLOBEX, [['X-Org-Id', 'acme']]));
    await expectRefused(site, 403, async () => site.as(globexReader, ACME, [['X-Org-Id', 'acme']]));
    await expectRefused(site, 403, async () => site.as(globexReader, ACME, [['X-Org-Id', 'globex']]));
    expect((await site.as(acmeReader, ACME, [['X-Org-Id', 'globex']])).status).toBe(200);
  });

  it.each([
    '/orgs/globex/memories/../../acme/memories',
    '/orgs/globex/memories/%2e%2e/%2e%2e/acme/memories',
    '/orgs/globex/memories/..%2f..%2facme/memories',
    '//orgs/globex/memories/..//../acme/memories',
    '/orgs/acme%2fmemories%2f..%2f..%2fglobex/memories',
    '/orgs/acme/memoriesadmin',
    '/orgs/acme/memories;x',
    '/orgs/acme%26org%3Dglobex/memories',
    '/orgs/globex%26org%3Dacme/memories',
    '/orgs/acme%26project%3Dapollo/memories',
    '/orgs/globex%23/memories',
    '/_keyward?scope=memory:read&org=acme',
  ])('passes %s on only as /orgs/acme/memories, or rejects it [T98]', async (path) => {
    const { site, acmeReader } = test();
    const seen = await site.cameThrough(async () => site.as(acmeReader, path));
    for (const request of seen) expect(request.path).toBe(ACME);
  });

  it('checks an address allowlist against the real address, not against X-Forwarded-For', async () => {
    const { site } = test();
    const allowedIps = ['127.0.0.7'];
    const { token } = await site.keyward.issue({ scopes: ['memory:read'], orgId: 'acme', allowedIps });
    const from = async (address: string, ...claims: readonly string[]): Promise<WireAnswer> =>
      site.request({
        path: ACME,
        from: address,
        lines: [bearer(token), ...claims.map((claim): HeaderLine => ['X-Forwarded-For', claim])],
      });
    expect((await from('127.0.0.7')).status).toBe(200);
    expect((await from('127.0.0.7', '203.0.113.9')).status).toBe(200);
    await expectRefused(site, 403, async () => from('127.0.0.8'));
    await expectRefused(site, 403, async () => from('127.0.0.8', '127.0.0.7'));
    await expectRefused(site, 403, async () => from('127.0.0.1', '127.0.0.7'));
    await expectRefused(site, 403, async () => from('127.0.0.1', '127.0.0.7, 127.0.0.1'));
    await expectRefused(site, 403, async () => from('127.0.0.1', '127.0.0.7', '127.0.0.7'));
  });
}
