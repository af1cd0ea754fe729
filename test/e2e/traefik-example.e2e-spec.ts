import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startService, type TestService } from '../support/service';

interface TraefikFile {
  readonly http: {
    readonly routers: Readonly<
      Record<string, { readonly rule: string; readonly middlewares: readonly string[] }>
    >;
    readonly middlewares: Readonly<
      Record<
        string,
        { readonly forwardAuth?: { readonly address: string; readonly authResponseHeadersRegex: string } }
      >
    >;
  };
}

describe('the example for Traefik', () => {
  let service: TestService;
  let http: TraefikFile['http'];

  beforeAll(async () => {
    service = await startService('memory');
    const text = await readFile(join(__dirname, '../../docs/integrations/traefik.yaml'), 'utf8');
    ({ http } = parse(text) as TraefikFile);
  });
  afterAll(async () => service.stop());

  /** Returns what the router requires of Keyward, and which client headers it removes. */
  const guardOf = (router: string): { readonly requirement: string; readonly removed: RegExp } => {
    const guards = http.routers[router]?.middlewares.flatMap(
      (name) => http.middlewares[name]?.forwardAuth ?? [],
    );
    const [guard] = guards ?? [];
    if (guard === undefined) throw new Error(`${router} has no forward-auth middleware`);
    const { pathname, search } = new URL(guard.address);
    // `(?i)` is Go's flag for case-insensitive matching. JavaScript sets it outside the expression.
    const removed = new RegExp(guard.authResponseHeadersRegex.replace('(?i)', ''), 'i');
    return { requirement: pathname + search, removed };
  };

  it.each([
    ['/orgs/acme/memories', true],
    ['/orgs/acme/memories/1', true],
    ['/orgs/acme/memoriesadmin', false],
    ['/orgs/globex/memories', false],
    ['/x/orgs/acme/memories', false],
  ])('matches the path %s: %s [T98]', (path, expected) => {
    for (const { rule } of Object.values(http.routers)) {
      const [, expression = ''] = /^PathRegexp\(`([^`]+)`\)/.exec(rule) ?? [];
      expect([rule, expression !== '' && new RegExp(expression).test(path)]).toEqual([rule, expected]);
    }
  });

  it.each([
    ['acme-memories-read', 'memory:read'],
    ['acme-memories-write', 'memory:write'],
  ])('allows, on the router %s, only keys of acme with the scope %s', async (router, scope) => {
    const { requirement } = guardOf(router);
    const [acme, globex] = [
      await service.issue({ scopes: [scope], orgId: 'acme' }),
      await service.issue({ scopes: [scope], orgId: 'globex' }),
    ];
    const other = await service.issue({ scopes: ['memory:other'], orgId: 'acme' });
    expect((await service.as(acme.token).get(requirement)).status).toBe(200);
    expect((await service.as(globex.token).get(requirement)).status).toBe(403);
    expect((await service.as(other.token).get(requirement)).status).toBe(403);
  });

  it('removes X-Auth headers of the client in every spelling, and copies those of Keyward', async () => {
    const { key, token } = await service.issue({ scopes: ['memory:*'], orgId: 'acme' });
    for (const router of Object.keys(http.routers)) {
      const { requirement, removed } = guardOf(router);
      for (const name of [
        'X-Auth-Org-Id',
        'X_Auth_Org_Id',
        'x-auth_org-id',
        'X_AUTH-SCOPES',
        'X-Auth-Admin',
      ]) {
        expect([router, name, removed.test(name)]).toEqual([router, name, true]);
      }
      expect(removed.test('Authorization')).toBe(false);
      const { headers } = await service.as(token).get(requirement);
      const copied = [...headers.keys()].filter((name) => removed.test(name));
      expect(copied).toHaveLength(6);
      expect(headers.get('x-auth-key-id')).toBe(key.id);
    }
  });
});
