import type { EventEmitter } from 'node:events';
import { type ExecutionContext, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HttpRequest } from '../../http/http-request';
import type { TenantContext } from '../domain/binding';
import type { Caller } from '../domain/caller';
import type { CurrentKey } from './parameter.decorators';
import { accessBehind, accessIn, accessOf, callAccessOf } from './verified-access';

/** What the guard knows about a request that it allowed: `request.keyward` on Express and Fastify. */
export interface RequestAccess {
  /** The key of the request, without its hashes; `undefined` for a session. */
  readonly key: CurrentKey | undefined;
  /**
   * The key or user of the request. Pass it as the first argument to the methods of `ApiKeysService`. Do not log it: it contains
   * the hash of the presented token.
   */
  readonly caller: Caller;
  /** The tenant that the request names and the caller may act for. */
  readonly tenant: TenantContext;
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- the only way to extend the request type of Express
  namespace Express {
    interface Request {
      /** Set on requests that Keyward's guard allowed. */
      readonly keyward?: RequestAccess | undefined;
    }
  }
}

/** @ts-ignore -- an application on Express has no Fastify, and needs no types for it */
declare module 'fastify' {
  interface FastifyRequest {
    /** Set on requests that Keyward's guard allowed. */
    readonly keyward?: RequestAccess | undefined;
  }
}

/**
 * Returns the key of a request, for code that runs after Keyward's guard, such as an interceptor, a logger or the tracker of a
 * rate limiter. Returns `undefined` if the guard did not allow the request, did not run yet, or allowed a session.
 *
 * @param from the execution context, the Express or Fastify request, Node's request inside it, or a client of a WebSocket,
 *   which has the key that opened its connection
 * @example
 * class TenantThrottlerGuard extends ThrottlerGuard {
 *   protected async getTracker(request: Request): Promise<string> {
 *     return apiKeyOf(request)?.id ?? request.ip;
 *   }
 * }
 */
export function apiKeyOf(from: ExecutionContext | HttpRequest | EventEmitter): CurrentKey | undefined {
  const access = isContext(from) ? accessIn(from) : (callAccessOf(from) ?? accessBehind(from as HttpRequest));
  return access?.presented?.key;
}

function isContext(from: ExecutionContext | HttpRequest | EventEmitter): from is ExecutionContext {
  return 'getArgByIndex' in from;
}

/** The part of the adapters that this file uses. */
interface Extensible {
  readonly request?: object;
  hasRequestDecorator?(name: string): boolean;
  decorateRequest?(name: string, property: { getter(this: HttpRequest): RequestAccess | undefined }): unknown;
}

/** Adds `request.keyward` to the requests of the application. The value is computed only when code reads it. */
@Injectable()
export class RequestExtension implements OnModuleInit {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  onModuleInit(): void {
    const instance = this.adapterHost.httpAdapter?.getInstance<Extensible | undefined>();
    if (instance?.decorateRequest !== undefined) {
      if (instance.hasRequestDecorator?.('keyward') === true) return;
      instance.decorateRequest('keyward', { getter: shownAccess });
    } else if (instance?.request !== undefined) {
      Object.defineProperty(instance.request, 'keyward', { configurable: true, get: shownAccess });
    }
  }
}

/** The getter of `request.keyward`. */
function shownAccess(this: HttpRequest): RequestAccess | undefined {
  const access = accessOf(this);
  return access && { key: access.presented?.key, caller: access.caller, tenant: access.tenant };
}
