import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { ClientAddress } from '../../http/client-address';
import { keyDoor } from '../../../test/support/key-door';
import { ProblemException } from '../../problems/problem.exception';
import type { ApiKeysOptions } from '../options/api-keys.options';
import type { TenantContext } from '../domain/binding';
import { type Caller, rootCaller } from '../domain/caller';
import type { Admission } from './admission';
import type { Authenticator } from '../ports/authenticator';
import type { HttpRequest } from '../../http/http-request';
import { AllowSessions, Authenticated, RequireScopes, SelfScoped } from './access.decorators';
import { ScopesGuard } from './scopes.guard';
import { accessOf } from './verified-access';

class Memories {
  @RequireScopes('memory:read')
  list(this: void): void {}

  @Authenticated()
  @SelfScoped()
  @AllowSessions()
  mine(this: void): void {}
}
const { list, mine } = Memories.prototype;

/** Reads the tenant from a header that the host's proxy sets. */
class HostGuard extends ScopesGuard {
  protected override tenantOf(request: HttpRequest): TenantContext {
    return { orgId: String(request.raw?.headers['x-tenant']) };
  }
}

const adapterHost = new HttpAdapterHost();
adapterHost.httpAdapter = {
  getHeader: () => undefined,
  setHeader: () => undefined,
} as unknown as AbstractHttpAdapter;

/** One import of the module, with its own store. */
function house(): {
  readonly admission: Admission;
  readonly options: ApiKeysOptions;
  readonly verify: jest.SpyInstance;
  issue(orgId: string): Promise<string>;
} {
  const door = keyDoor();
  return {
    admission: door.admission,
    options: door.options,
    verify: jest.spyOn(door.verifier, 'verifyNow'),
    issue: async (orgId) => (await door.give({ orgId, scopes: ['memory:read'] })).token,
  };
}

type House = ReturnType<typeof house>;

function guardOf(
  { admission, options }: House,
  Guard = ScopesGuard,
  authenticator?: Authenticator,
): ScopesGuard {
  return new Guard(admission, options, adapterHost, new ClientAddress([]), authenticator);
}

type Dispatched = HttpRequest & { params: unknown };

function requestWith(token: string, orgId: string, headers: Record<string, string> = {}): Dispatched {
  const raw = new IncomingMessage(new Socket());
  raw.rawHeaders = ['Authorization', `Bearer ${token}`];
  Object.assign(raw.headers, headers);
  return { raw, params: { orgId } };
}

/** An identity provider that knows one session, and records the sessions that it was asked about. */
class Provider implements Authenticator {
  readonly asked: string[] = [];

  constructor(private readonly session: string) {}

  recognizes(token: string): boolean {
    return token.endsWith('-session');
  }

  async authenticate(token: string): Promise<Caller> {
    this.asked.push(token);
    if (token !== this.session) throw new Error('not a session of this provider');
    return Promise.resolve(rootCaller('somebody'));
  }
}

/** Returns the decision of a guard: `allowed`, `denied` or the code of the problem. */
async function judgedBy(guard: ScopesGuard, request: HttpRequest, handler = list): Promise<string> {
  const context = new ExecutionContextHost([request, {}], Memories, handler);
  context.setType('http');
  try {
    return (await guard.canActivate(context)) ? 'allowed' : 'denied';
  } catch (error) {
    if (!(error instanceof ProblemException)) throw error;
    return error.problem.code;
  }
}

describe('a request that one guard allowed', () => {
  let customers: House;
  let acme: string;

  beforeEach(async () => {
    customers = house();
    acme = await customers.issue('acme');
  });

  it('is allowed by another guard of the same class and module, and counts once', async () => {
    const request = requestWith(acme, 'acme');

    expect(await judgedBy(guardOf(customers), request)).toBe('allowed');
    expect(await judgedBy(guardOf(customers), request)).toBe('allowed');
    expect(customers.verify).toHaveBeenCalledTimes(1);
  });

  it('is rejected by a guard with another store, even if the options are the same', async () => {
    const staff: House = { ...house(), options: customers.options };
    const request = requestWith(acme, 'acme');

    expect(await judgedBy(guardOf(customers), request)).toBe('allowed');
    expect(await judgedBy(guardOf(staff), request)).toBe('invalid_token');
    expect(await judgedBy(guardOf(staff), requestWith(await staff.issue('acme'), 'acme'))).toBe('allowed');
  });

  it('gets a new decision from a guard with other options [T47]', async () => {
    const ofAccounts: House = {
      ...customers,
      options: { storage: 'memory', tenant: { params: { orgId: 'account' } } },
    };
    const request = requestWith(acme, 'acme');

    expect(await judgedBy(guardOf(customers), request)).toBe('allowed');
    expect(await judgedBy(guardOf(ofAccounts), request)).toBe('binding_mismatch');
  });

  it('gets a separate decision from a subclass, whichever guard runs first', async () => {
    const [plain, own] = [guardOf(customers), guardOf(customers, HostGuard)];
    const elsewhere = requestWith(acme, 'acme', { 'x-tenant': 'globex' });
    const foreignPath = requestWith(acme, 'globex', { 'x-tenant': 'acme' });
    const here = requestWith(acme, 'acme', { 'x-tenant': 'acme' });

    expect([await judgedBy(plain, elsewhere), await judgedBy(own, elsewhere)]).toEqual([
      'allowed',
      'binding_mismatch',
    ]);
    expect([await judgedBy(own, foreignPath), await judgedBy(plain, foreignPath)]).toEqual([
      'allowed',
      'binding_mismatch',
    ]);
    expect([await judgedBy(plain, here), await judgedBy(own, here)]).toEqual(['allowed', 'allowed']);
  });

  it('is decided again by another instance of the same guard subclass', async () => {
    const own = guardOf(customers, HostGuard);
    const request = requestWith(acme, 'acme', { 'x-tenant': 'acme' });

    expect([await judgedBy(own, request), await judgedBy(own, request)]).toEqual(['allowed', 'allowed']);
    expect(customers.verify).toHaveBeenCalledTimes(1);
    expect(await judgedBy(guardOf(customers, HostGuard), request)).toBe('allowed');
    expect(customers.verify).toHaveBeenCalledTimes(2);
  });

  it('gets a new decision if it reaches the same handler by another path', async () => {
    const guard = guardOf(customers);
    const request = requestWith(acme, 'acme');

    expect(await judgedBy(guard, request)).toBe('allowed');
    request.params = { orgId: 'globex' };
    expect(await judgedBy(guard, request)).toBe('binding_mismatch');
    request.params = { orgId: 'acme' };
    expect(await judgedBy(guard, request)).toBe('allowed');
    expect(accessOf(request)?.tenant).toEqual({ orgId: 'acme' });
  });

  it('gets a new decision if its path changed during the first decision', async () => {
    const guard = guardOf(customers);
    const request = requestWith(acme, 'acme');
    const first = judgedBy(guard, request);
    request.params = { orgId: 'globex' };

    expect(await first).toBe('allowed');
    expect(await judgedBy(guard, request)).toBe('binding_mismatch');
  });

  it('gets a new decision on its session from a guard with another authenticator', async () => {
    const ours = new Provider('acme-session');
    const request = requestWith('acme-session', 'acme');

    expect(await judgedBy(guardOf(customers, ScopesGuard, ours), request, mine)).toBe('allowed');
    expect(await judgedBy(guardOf(customers, ScopesGuard, ours), request, mine)).toBe('allowed');
    expect(ours.asked).toHaveLength(1);
    const theirs = guardOf(customers, ScopesGuard, new Provider('globex-session'));
    await expect(judgedBy(theirs, request, mine)).rejects.toThrow('not a session of this provider');
    request.params = {};
    await judgedBy(guardOf(customers, ScopesGuard, ours), request, mine);
    expect(ours.asked).toHaveLength(2);
  });
});
