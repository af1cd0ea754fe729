import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { Type } from '@nestjs/common';
import { ClientAddress } from '../../src/http/client-address';
import type { Authenticator } from '../../src/api-keys/ports/authenticator';
import type { HttpRequest } from '../../src/http/http-request';
import { ScopesGuard } from '../../src/api-keys/access/scopes.guard';
import { ProblemException } from '../../src/problems/problem.exception';
import type { KeyDoor } from './key-door';

/** The parts of a request that a test chooses. `headers` alternates names and values. */
export interface Sent {
  readonly headers?: readonly string[];
  readonly params?: Readonly<Record<string, string>>;
  readonly address?: string;
}

/** The outcome of a guard. */
export interface Answered {
  /** The code of the problem, `allowed`, or `fault` for any other error. */
  readonly code: string;
  readonly error?: unknown;
  /** The headers set on the response. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The headers of every response of a guarded route without tenant headers. */
export const NOT_CACHED = { 'Cache-Control': 'no-store', Vary: 'Authorization, X-API-Key' } as const;

/** Returns a request without a body, as Fastify passes it to a guard. */
export function requestOf({ headers = [], params = {}, address }: Sent): HttpRequest {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: address });
  const raw = Object.assign(new IncomingMessage(socket), { rawHeaders: [...headers] });
  for (let index = 0; index < headers.length; index += 2) {
    raw.headers[headers[index]?.toLowerCase() ?? ''] = headers[index + 1];
  }
  // It has no body.
  raw.push(null);
  return { raw, params };
}

/** Returns a function that runs a guard on a handler of a controller, without an application. */
export function guardedRoute(
  { admission, options }: KeyDoor,
  controller: Type,
  authenticator?: Authenticator,
  Guard: typeof ScopesGuard = ScopesGuard,
): (handler: () => void, request: HttpRequest) => Promise<Answered> {
  const adapterHost = new HttpAdapterHost();
  adapterHost.httpAdapter = {
    getHeader: (response: Record<string, string>, name: string) => response[name],
    setHeader: (response: Record<string, string>, name: string, value: string) => {
      response[name] = value;
    },
  } as unknown as AbstractHttpAdapter;
  const guard = new Guard(
    admission,
    options,
    adapterHost,
    new ClientAddress(options.http?.trustProxy ?? []),
    authenticator,
  );
  return async (handler, request) => {
    const headers: Record<string, string> = {};
    const context = new ExecutionContextHost([request, headers], controller, handler);
    context.setType('http');
    try {
      return { code: (await guard.canActivate(context)) ? 'allowed' : 'denied', headers };
    } catch (error) {
      return { code: error instanceof ProblemException ? error.problem.code : 'fault', error, headers };
    }
  };
}
