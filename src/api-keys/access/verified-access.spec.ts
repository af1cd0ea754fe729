import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { ApiKey } from '../domain/api-key';
import type { TenantContext } from '../domain/binding';
import { callerOf } from '../domain/caller';
import { prepareKey } from '../domain/prepared-key';
import { CurrentApiKey, type CurrentKey, Tenant } from './parameter.decorators';
import { currentCaller, currentKey } from './current-caller';
import type { HttpRequest } from '../../http/http-request';
import { accessOf, attachAccess, isLetInTo } from './verified-access';

const guard = {};
const bySame = (each: object): boolean => each === guard;

const NOW = new Date('2030-01-01T00:00:00Z');

const record: ApiKey = {
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  name: 'ingest',
  createdBy: 'cli',
  scopes: ['memory:read'],
  orgId: 'acme',
  allowedIps: [],
  rateLimits: [],
  metadata: {},
  enabled: true,
  secrets: [{ hash: 'f'.repeat(64), createdAt: NOW }],
  version: 1,
  createdAt: NOW,
  updatedAt: NOW,
};

const { key } = prepareKey(record);

class Memories {
  tenant(@Tenant() tenant: TenantContext): TenantContext {
    return tenant;
  }

  key(@CurrentApiKey() current: CurrentKey): CurrentKey {
    return current;
  }
}

class Archive extends Memories {}

function handlerOf(name: keyof Memories): object {
  return Memories.prototype[name];
}

interface Parameter {
  readonly factory: (data: unknown, context: ExecutionContextHost) => unknown;
}

/** Returns the value that Nest injects into the parameter of a handler. */
function handedTo(handler: keyof Memories, request: object): unknown {
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, Memories, handler) as Record<string, Parameter>;
  const [parameter] = Object.values(parameters);
  return parameter?.factory(undefined, new ExecutionContextHost([request, {}]));
}

function letIn(request: HttpRequest = {}): HttpRequest {
  const tenant = { orgId: 'acme', projectId: 'apollo' };
  attachAccess({
    guard,
    request,
    params: request.params,
    caller: callerOf(key),
    presented: { key, secret: { hash: '', createdAt: NOW } },
    tenant,
    controller: Memories,
    handler: handlerOf('tenant'),
  });
  return request;
}

describe('an allowed request', () => {
  it('has the key attached', () => {
    expect(accessOf(letIn())?.presented?.key).toBe(key);
  });

  it('provides the verified tenant to a handler', () => {
    expect(handedTo('tenant', letIn())).toEqual({ orgId: 'acme', projectId: 'apollo' });
  });

  it('provides the key to a handler, without its hashes', () => {
    const handed = handedTo('key', letIn());
    expect(handed).toBe(key);
    expect(JSON.stringify(handed)).not.toContain('f'.repeat(64));
  });

  it("provides the key and the caller to Keyward's routes", () => {
    expect(currentKey(letIn())).toBe(key);
    expect(currentCaller(letIn())).toEqual({
      actor: 'key:01jd8x4k2m6n8p0q2r4s6t8v0w',
      scopes: ['memory:read'],
      grant: key,
      boundByMaxTtl: true,
    });
  });

  it('is allowed only on the route that the guard checked', () => {
    const request = letIn();

    expect(isLetInTo(accessOf(request), Memories, handlerOf('tenant'), request.params, bySame)).toBe(true);
    expect(isLetInTo(accessOf(request), Memories, handlerOf('key'), request.params, bySame)).toBe(false);
    expect(isLetInTo(accessOf(request), Archive, handlerOf('tenant'), request.params, bySame)).toBe(false);
  });

  it('gives no access to another request that is built from its parts [T46]', () => {
    const raw = new IncomingMessage(new Socket());
    const request = letIn({ raw, params: { orgId: 'acme' } });
    const forged = { ...request, params: { orgId: 'globex' } };

    expect(isLetInTo(accessOf(request), Memories, handlerOf('tenant'), request.params, bySame)).toBe(true);
    expect(isLetInTo(accessOf(forged), Memories, handlerOf('tenant'), forged.params, bySame)).toBe(false);
    expect(accessOf(Object.create(request) as HttpRequest)).toBeUndefined();
    expect(accessOf(raw as HttpRequest)).toBeUndefined();
  });

  it('does not expose its access in JSON or in its properties', () => {
    expect(JSON.stringify(letIn())).toBe('{}');
    expect(Object.keys(letIn())).toEqual([]);
  });
});

describe('a request that no guard allowed', () => {
  it('has no access on any route', () => {
    expect(accessOf({})).toBeUndefined();
    expect(isLetInTo(undefined, Memories, handlerOf('tenant'), undefined, bySame)).toBe(false);
  });

  it.each<[keyof Memories, string]>([
    ['tenant', '@Tenant()'],
    ['key', '@CurrentApiKey()'],
  ])('causes an error that names ScopesGuard if a handler injects the %s', (handler, decorator) => {
    expect(() => handedTo(handler, {})).toThrow(
      new Error(`${decorator} requires a route that ScopesGuard guards and that is not @Public()`),
    );
  });

  it("causes an error if one of Keyward's routes reads the caller", () => {
    expect(() => currentCaller({})).toThrow('currentCaller() requires a route that ScopesGuard guards');
    expect(() => currentKey({})).toThrow('currentKey() requires a route that ScopesGuard guards');
  });

  it('cannot forge access with a property in its JSON', () => {
    const request: object = JSON.parse(
      '{"Symbol(keyward:verified-access)":{"key":{}},"__proto__":{"key":{}}}',
    );

    expect(accessOf(request)).toBeUndefined();
  });
});
