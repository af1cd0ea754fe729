import { guardedRoute, NOT_CACHED, requestOf, type Sent } from '../../../test/support/guarded-route';
import { type KeyDoor, keyDoor } from '../../../test/support/key-door';
import { loggedDecisionOf } from './logged-decision';
import type { PresentedCredential } from './header-credential';
import type { HttpRequest } from '../../http/http-request';
import {
  Authenticated,
  ClientCredentials,
  Public,
  RequireScopes,
  SelfScoped,
  TenantHeaders,
} from './access.decorators';
import { ScopesGuard } from './scopes.guard';
import { accessOf } from './verified-access';

class Memories {
  @RequireScopes('memory:read')
  list(this: void): void {}

  @RequireScopes('memory:read')
  @TenantHeaders()
  byHeader(this: void): void {}

  @RequireScopes('memory:read')
  @SelfScoped()
  own(this: void): void {}

  @Authenticated()
  @SelfScoped()
  @ClientCredentials()
  basic(this: void): void {}

  @Public()
  open(this: void): void {}

  undeclared(this: void): void {}
}
const { list, byHeader, own, basic, open, undeclared } = Memories.prototype;

const bearer = (token: string): readonly string[] => ['Authorization', `Bearer ${token}`];

let door: KeyDoor;
let acme: { readonly id: string; readonly token: string };
let globex: { readonly id: string; readonly token: string };

beforeEach(async () => {
  door = keyDoor({ http: { realm: 'memories' } });
  acme = await door.give({ orgId: 'acme', scopes: ['memory:read'] });
  globex = await door.give({ orgId: 'globex', projectId: 'hermes', scopes: ['memory:*'] });
});

async function codeOf(handler: () => void, sent: Sent): Promise<string> {
  return (await guardedRoute(door, Memories)(handler, requestOf(sent))).code;
}

describe('a route that declares nothing', () => {
  it('is closed to a good key as to nobody', async () => {
    const { code, headers } = await guardedRoute(door, Memories)(
      undeclared,
      requestOf({ headers: bearer(acme.token) }),
    );
    expect(code).toBe('access_undeclared');
    expect(headers).toEqual({ ...NOT_CACHED, 'Content-Type': 'application/problem+json' });
    expect(await codeOf(undeclared, {})).toBe('access_undeclared');
  });
});

describe('a public route', () => {
  it('lets everyone in, and looks at no credential', async () => {
    const request = requestOf({ headers: bearer('nonsense') });
    expect(await guardedRoute(door, Memories)(open, request)).toEqual({ code: 'let in', headers: {} });
    expect(accessOf(request)).toBeUndefined();
  });
});

describe('a key at a route', () => {
  it.each<[string, 'acme' | 'globex', Sent['params'], string]>([
    ['of acme is let in at acme', 'acme', { orgId: 'acme' }, 'let in'],
    ['of acme is let in at each of its projects', 'acme', { orgId: 'acme', projectId: 'apollo' }, 'let in'],
    ['of acme is refused at globex', 'acme', { orgId: 'globex' }, 'binding_mismatch'],
    ['of acme is refused where no tenant is named', 'acme', {}, 'binding_mismatch'],
    ['of a project is let in there', 'globex', { orgId: 'globex', projectId: 'hermes' }, 'let in'],
    ['of a project is refused at all of globex', 'globex', { orgId: 'globex' }, 'binding_mismatch'],
    ['is told that no tenant can be called like this', 'acme', { orgId: 'a c m e' }, 'invalid_request'],
  ])('%s', async (_what, who, params, expected) => {
    const { token } = { acme, globex }[who];
    expect(await codeOf(list, { headers: bearer(token), ...(params && { params }) })).toBe(expected);
  });

  it('is let in as itself, for the tenant that was named', async () => {
    const request = requestOf({
      headers: bearer(acme.token),
      params: { orgId: 'acme', projectId: 'apollo' },
    });
    await guardedRoute(door, Memories)(list, request);
    expect(accessOf(request)).toMatchObject({
      presented: { key: { id: acme.id } },
      caller: { actor: `key:${acme.id}`, presented: { keyId: acme.id } },
      tenant: { orgId: 'acme', projectId: 'apollo' },
      controller: Memories,
      handler: list,
    });
  });

  it('needs to name no tenant where the route limits itself, and is let in for its own', async () => {
    const request = requestOf({ headers: bearer(globex.token), params: { orgId: 'acme' } });
    expect((await guardedRoute(door, Memories)(own, request)).code).toBe('let in');
    expect(accessOf(request)?.tenant).toEqual({ orgId: 'globex', projectId: 'hermes' });
  });

  it('names its tenant by header only where the route says so', async () => {
    const headers = [...bearer(acme.token), 'X-Org-Id', 'acme'];
    expect(await codeOf(byHeader, { headers })).toBe('let in');
    expect(await codeOf(list, { headers })).toBe('binding_mismatch');
    expect(await codeOf(byHeader, { headers, params: { orgId: 'globex' } })).toBe('binding_conflict');
  });

  it.each<[string, Sent, RegExp]>([
    [
      'name the same tenant everywhere',
      { headers: ['X-Org-Id', 'globex'], params: { orgId: 'acme' } },
      /same tenant in the path and the headers/,
    ],
    ['call it as tenants may be called', { params: { orgId: 'a c m e' } }, /1 to 128 characters of A-Z/],
  ])('is told to %s', async (_what, { headers = [], ...sent }, advice) => {
    const request = requestOf({ ...sent, headers: [...bearer(acme.token), ...headers] });
    const { error } = await guardedRoute(door, Memories)(byHeader, request);
    expect(error).toMatchObject({ problem: { detail: expect.stringMatching(advice) as unknown } });
  });

  it('names its tenant under the parameters that the host chose, each by itself', async () => {
    const sent = { headers: bearer(globex.token), params: { tenant: 'globex', projectId: 'hermes' } };
    expect(await codeOf(list, sent)).toBe('binding_mismatch');
    door = keyDoor({ tenant: { params: { orgId: 'tenant' } } });
    const { token } = await door.give({ orgId: 'globex', projectId: 'hermes', scopes: ['memory:read'] });
    expect(await codeOf(list, { ...sent, headers: bearer(token) })).toBe('let in');
    door = keyDoor({ tenant: { params: { projectId: 'workspace' } } });
    const other = await door.give({ orgId: 'globex', projectId: 'hermes', scopes: ['memory:read'] });
    const params = { orgId: 'globex', workspace: 'hermes' };
    expect(await codeOf(list, { headers: bearer(other.token), params })).toBe('let in');
    expect(await codeOf(list, { ...sent, headers: bearer(other.token) })).toBe('binding_mismatch');
  });

  it('may come as HTTP Basic only where the route says so', async () => {
    const headers = ['Authorization', `Basic ${btoa(`${acme.id}:${acme.token}`)}`];
    expect(await codeOf(basic, { headers })).toBe('let in');
    expect(await codeOf(own, { headers })).toBe('missing_credential');
  });

  it('may come as X-API-Key, and as a bearer token beside it, but not beside another key', async () => {
    const headers = ['X-API-Key', acme.token];
    expect(await codeOf(own, { headers })).toBe('let in');
    expect(await codeOf(own, { headers: [...headers, ...bearer(acme.token)] })).toBe('let in');
    expect(await codeOf(own, { headers: [...headers, ...bearer(globex.token)] })).toBe('invalid_request');
    expect(await codeOf(own, { headers: [...headers, ...headers] })).toBe('invalid_request');
  });

  it('is let in from the addresses on its allowlist, which a client cannot claim', async () => {
    const { token } = await door.give({ scopes: ['memory:read'], allowedIps: ['203.0.113.0/24'] });
    const headers = bearer(token);
    expect(await codeOf(own, { headers, address: '203.0.113.7' })).toBe('let in');
    expect(await codeOf(own, { headers, address: '198.51.100.7' })).toBe('ip_not_allowed');
    expect(await codeOf(own, { headers })).toBe('ip_not_allowed');
    const claim = [...headers, 'X-Forwarded-For', '203.0.113.7'];
    expect(await codeOf(own, { headers: claim, address: '198.51.100.7' })).toBe('ip_not_allowed');
  });

  it('is let in from the address that a trusted proxy names', async () => {
    door = keyDoor({ http: { trustProxy: ['198.51.100.7'] } });
    const { token } = await door.give({ scopes: ['memory:read'], allowedIps: ['203.0.113.0/24'] });
    const headers = [...bearer(token), 'X-Forwarded-For', '203.0.113.7'];
    expect(await codeOf(own, { headers, address: '198.51.100.7' })).toBe('let in');
    expect(await codeOf(own, { headers, address: '198.51.100.8' })).toBe('ip_not_allowed');
  });
});

describe('a client', () => {
  it('hears where the rate limit of its key stands, let in or not', async () => {
    const { token } = await door.give({
      scopes: ['memory:read'],
      rateLimit: { limit: 1, windowSeconds: 60 },
    });
    const ask = guardedRoute(door, Memories);
    const first = await ask(own, requestOf({ headers: bearer(token) }));
    expect(first.code).toBe('let in');
    expect(Object.keys(first.headers)).toEqual([...Object.keys(NOT_CACHED), 'RateLimit-Policy', 'RateLimit']);
    const second = await ask(own, requestOf({ headers: bearer(token) }));
    expect(second.code).toBe('rate_limited');
    expect(Object.keys(second.headers)).toEqual([
      ...Object.keys(NOT_CACHED),
      'Content-Type',
      'RateLimit-Policy',
      'RateLimit',
      'Retry-After',
    ]);
  });

  it('hears of no limit where its key has none', async () => {
    const ask = guardedRoute(door, Memories);
    expect((await ask(own, requestOf({ headers: bearer(acme.token) }))).headers).toEqual(NOT_CACHED);
  });

  it.each<[string, () => Sent, string]>([
    ['without a key', () => ({}), 'Bearer realm="memories"'],
    [
      'without a key that names a tenant nobody has',
      () => ({ params: { orgId: 'a c m e' } }),
      'Bearer realm="memories"',
    ],
    [
      'with nonsense',
      () => ({ headers: bearer('nonsense') }),
      'Bearer realm="memories", error="invalid_token", error_description="The token is malformed"',
    ],
  ])('%s is challenged, whatever filter the application has', async (_what, sent, challenge) => {
    const { error, headers } = await guardedRoute(door, Memories)(list, requestOf(sent()));
    expect(error).toMatchObject({ problem: { status: 401 } });
    expect(headers).toEqual({
      ...NOT_CACHED,
      'Content-Type': 'application/problem+json',
      'WWW-Authenticate': challenge,
    });
  });

  it('is let in once at a route, however many guards stand before it', async () => {
    const { token } = await door.give({
      scopes: ['memory:read'],
      rateLimit: { limit: 1, windowSeconds: 60 },
    });
    const ask = guardedRoute(door, Memories);
    const request = requestOf({ headers: bearer(token) });
    expect((await ask(own, request)).code).toBe('let in');
    expect(await ask(own, request)).toEqual({ code: 'let in', headers: {} });
    expect((await ask(basic, request)).code).toBe('rate_limited');
  });

  it('leaves a note for the log of what came of its key', async () => {
    const ask = guardedRoute(door, Memories);
    const revoked = await door.give({ scopes: ['memory:read'], revokedAt: new Date() });
    const [stranger, former] = [
      requestOf({ headers: bearer('?') }),
      requestOf({ headers: bearer(revoked.token) }),
    ];
    await ask(own, stranger);
    await ask(own, former);
    expect(loggedDecisionOf(stranger)).toEqual({ code: 'MALFORMED', keyId: undefined });
    expect(loggedDecisionOf(former)).toEqual({ code: 'REVOKED', keyId: revoked.id });
  });

  it('gets no challenge for a fault of ours', async () => {
    const error = new RangeError('a fault of ours');
    jest.spyOn(door.repository, 'find').mockRejectedValue(error);
    const answered = await guardedRoute(door, Memories)(own, requestOf({ headers: bearer(acme.token) }));
    expect(answered).toEqual({ code: 'fault', error, headers: NOT_CACHED });
  });
});

describe('a guard of the host’s own', () => {
  class OwnGuard extends ScopesGuard {
    protected override credentialOf(request: HttpRequest): PresentedCredential {
      const { token } = request.params as { token: string };
      return { kind: 'token', scheme: 'bearer', token };
    }

    protected override tenantOf(): { orgId: string } {
      return { orgId: 'acme' };
    }

    protected override clientAddressOf(): string {
      return '203.0.113.7';
    }
  }

  it('says where credential, tenant and address come from', async () => {
    const ask = guardedRoute(door, Memories, undefined, OwnGuard);
    const allowedIps = ['203.0.113.7'];
    const mine = await door.give({ orgId: 'acme', scopes: ['memory:read'], allowedIps });
    expect((await ask(list, requestOf({ params: { token: mine.token } }))).code).toBe('let in');
    expect((await ask(list, requestOf({ params: { token: globex.token } }))).code).toBe('binding_mismatch');
  });
});
