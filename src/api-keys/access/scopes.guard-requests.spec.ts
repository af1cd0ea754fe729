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

describe('a route without access decorators', () => {
  it('rejects every request with access_undeclared, even with a valid key', async () => {
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
  it('allows every request without checking its credential', async () => {
    const request = requestOf({ headers: bearer('nonsense') });
    expect(await guardedRoute(door, Memories)(open, request)).toEqual({ code: 'allowed', headers: {} });
    expect(accessOf(request)).toBeUndefined();
  });
});

describe('a key on a guarded route', () => {
  it.each<[string, 'acme' | 'globex', Sent['params'], string]>([
    ['of acme is allowed for acme', 'acme', { orgId: 'acme' }, 'allowed'],
    [
      'of acme is allowed for each of its projects',
      'acme',
      { orgId: 'acme', projectId: 'apollo' },
      'allowed',
    ],
    ['of acme is rejected for globex', 'acme', { orgId: 'globex' }, 'binding_mismatch'],
    ['of acme is rejected if no tenant is named', 'acme', {}, 'binding_mismatch'],
    [
      'of a project is allowed for that project',
      'globex',
      { orgId: 'globex', projectId: 'hermes' },
      'allowed',
    ],
    ['of a project is rejected for all of globex', 'globex', { orgId: 'globex' }, 'binding_mismatch'],
    ['is rejected for an invalid tenant name', 'acme', { orgId: 'a c m e' }, 'invalid_request'],
  ])('%s', async (_what, who, params, expected) => {
    const { token } = { acme, globex }[who];
    expect(await codeOf(list, { headers: bearer(token), ...(params && { params }) })).toBe(expected);
  });

  it('is allowed and becomes the caller, for the tenant that the request names', async () => {
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

  it('is allowed for its own tenant on a self-scoped route', async () => {
    const request = requestOf({ headers: bearer(globex.token), params: { orgId: 'acme' } });
    expect((await guardedRoute(door, Memories)(own, request)).code).toBe('allowed');
    expect(accessOf(request)?.tenant).toEqual({ orgId: 'globex', projectId: 'hermes' });
  });

  it('is allowed for a tenant in headers only on a route with @TenantHeaders()', async () => {
    const headers = [...bearer(acme.token), 'X-Org-Id', 'acme'];
    expect(await codeOf(byHeader, { headers })).toBe('allowed');
    expect(await codeOf(list, { headers })).toBe('binding_mismatch');
    expect(await codeOf(byHeader, { headers, params: { orgId: 'globex' } })).toBe('binding_conflict');
  });

  it.each<[string, Sent, RegExp]>([
    [
      'two different tenants',
      { headers: ['X-Org-Id', 'globex'], params: { orgId: 'acme' } },
      /same tenant in the path and the headers/,
    ],
    ['an invalid tenant name', { params: { orgId: 'a c m e' } }, /1 to 128 characters of A-Z/],
  ])('is rejected with advice if the request names %s', async (_what, { headers = [], ...sent }, advice) => {
    const request = requestOf({ ...sent, headers: [...bearer(acme.token), ...headers] });
    const { error } = await guardedRoute(door, Memories)(byHeader, request);
    expect(error).toMatchObject({ problem: { detail: expect.stringMatching(advice) as unknown } });
  });

  it('is allowed for the tenant in the route parameters that the host configured', async () => {
    const sent = { headers: bearer(globex.token), params: { tenant: 'globex', projectId: 'hermes' } };
    expect(await codeOf(list, sent)).toBe('binding_mismatch');
    door = keyDoor({ tenant: { params: { orgId: 'tenant' } } });
    const { token } = await door.give({ orgId: 'globex', projectId: 'hermes', scopes: ['memory:read'] });
    expect(await codeOf(list, { ...sent, headers: bearer(token) })).toBe('allowed');
    door = keyDoor({ tenant: { params: { projectId: 'workspace' } } });
    const other = await door.give({ orgId: 'globex', projectId: 'hermes', scopes: ['memory:read'] });
    const params = { orgId: 'globex', workspace: 'hermes' };
    expect(await codeOf(list, { headers: bearer(other.token), params })).toBe('allowed');
    expect(await codeOf(list, { ...sent, headers: bearer(other.token) })).toBe('binding_mismatch');
  });

  it('is read from HTTP Basic only on a route with @ClientCredentials()', async () => {
    const headers = ['Authorization', `Basic ${btoa(`${acme.id}:${acme.token}`)}`];
    expect(await codeOf(basic, { headers })).toBe('allowed');
    expect(await codeOf(own, { headers })).toBe('missing_credential');
  });

  it('can be sent as X-API-Key and as a bearer token, but not together with another key', async () => {
    const headers = ['X-API-Key', acme.token];
    expect(await codeOf(own, { headers })).toBe('allowed');
    expect(await codeOf(own, { headers: [...headers, ...bearer(acme.token)] })).toBe('allowed');
    expect(await codeOf(own, { headers: [...headers, ...bearer(globex.token)] })).toBe('invalid_request');
    expect(await codeOf(own, { headers: [...headers, ...headers] })).toBe('invalid_request');
  });

  it('is allowed only from addresses on its allowlist, even if a client forges X-Forwarded-For', async () => {
    const { token } = await door.give({ scopes: ['memory:read'], allowedIps: ['203.0.113.0/24'] });
    const headers = bearer(token);
    expect(await codeOf(own, { headers, address: '203.0.113.7' })).toBe('allowed');
    expect(await codeOf(own, { headers, address: '198.51.100.7' })).toBe('ip_not_allowed');
    expect(await codeOf(own, { headers })).toBe('ip_not_allowed');
    const claim = [...headers, 'X-Forwarded-For', '203.0.113.7'];
    expect(await codeOf(own, { headers: claim, address: '198.51.100.7' })).toBe('ip_not_allowed');
  });

  it('is allowed from an address on its allowlist that a trusted proxy forwards', async () => {
    door = keyDoor({ http: { trustProxy: ['198.51.100.7'] } });
    const { token } = await door.give({ scopes: ['memory:read'], allowedIps: ['203.0.113.0/24'] });
    const headers = [...bearer(token), 'X-Forwarded-For', '203.0.113.7'];
    expect(await codeOf(own, { headers, address: '198.51.100.7' })).toBe('allowed');
    expect(await codeOf(own, { headers, address: '198.51.100.8' })).toBe('ip_not_allowed');
  });
});

describe('a client of a guarded route', () => {
  it('gets the state of its rate limit in headers, whether allowed or rejected', async () => {
    const { token } = await door.give({
      scopes: ['memory:read'],
      rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }],
    });
    const ask = guardedRoute(door, Memories);
    const first = await ask(own, requestOf({ headers: bearer(token) }));
    expect(first.code).toBe('allowed');
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

  it('gets no rate-limit headers if its key has no limit', async () => {
    const ask = guardedRoute(door, Memories);
    expect((await ask(own, requestOf({ headers: bearer(acme.token) }))).headers).toEqual(NOT_CACHED);
  });

  it.each<[string, () => Sent, string]>([
    ['without a key', () => ({}), 'Bearer realm="memories"'],
    [
      'without a key but with an invalid tenant name',
      () => ({ params: { orgId: 'a c m e' } }),
      'Bearer realm="memories"',
    ],
    [
      'with a malformed token',
      () => ({ headers: bearer('nonsense') }),
      'Bearer realm="memories", error="invalid_token", error_description="The token is malformed"',
    ],
  ])(
    '%s gets 401 with a challenge, whatever exception filter the application has',
    async (_what, sent, challenge) => {
      const { error, headers } = await guardedRoute(door, Memories)(list, requestOf(sent()));
      expect(error).toMatchObject({ problem: { status: 401 } });
      expect(headers).toEqual({
        ...NOT_CACHED,
        'Content-Type': 'application/problem+json',
        'WWW-Authenticate': challenge,
      });
    },
  );

  it('is counted once on a route with several guards', async () => {
    const { token } = await door.give({
      scopes: ['memory:read'],
      rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }],
    });
    const ask = guardedRoute(door, Memories);
    const request = requestOf({ headers: bearer(token) });
    expect((await ask(own, request)).code).toBe('allowed');
    expect(await ask(own, request)).toEqual({ code: 'allowed', headers: {} });
    expect((await ask(basic, request)).code).toBe('rate_limited');
  });

  it('has the decision on its key attached to the request for the log', async () => {
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

  it('gets the original error without a challenge if the store fails unexpectedly', async () => {
    const error = new RangeError('a fault of ours');
    jest.spyOn(door.repository, 'find').mockRejectedValue(error);
    const answered = await guardedRoute(door, Memories)(own, requestOf({ headers: bearer(acme.token) }));
    expect(answered).toEqual({ code: 'fault', error, headers: NOT_CACHED });
  });
});

describe('a subclass of ScopesGuard', () => {
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

  it('can change the source of the credential, the tenant and the address', async () => {
    const ask = guardedRoute(door, Memories, undefined, OwnGuard);
    const allowedIps = ['203.0.113.7'];
    const mine = await door.give({ orgId: 'acme', scopes: ['memory:read'], allowedIps });
    expect((await ask(list, requestOf({ params: { token: mine.token } }))).code).toBe('allowed');
    expect((await ask(list, requestOf({ params: { token: globex.token } }))).code).toBe('binding_mismatch');
  });
});
