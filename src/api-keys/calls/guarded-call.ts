import type { HttpRequest } from '../../http/http-request';
import type { ProblemException } from '../../problems/problem.exception';

/** A call that is not an HTTP request of its own: a field of a GraphQL operation, or a message. */
export interface GuardedCall {
  /** An object of this call alone. The access of the call is stored by it. */
  readonly carrier: object;
  /** An object that two guards of the same call share, and no other call has. */
  readonly occasion: unknown;
  /** The arguments, which may name the tenant. */
  readonly args: unknown;
  /** The request that carried the call, or that opened its connection; `undefined` if it cannot be found. */
  readonly request: HttpRequest | undefined;
  /** The response of Express or Fastify to `request`; `undefined` if its headers cannot be set. */
  readonly response: object | undefined;
  /** What the client sent in addition to the headers of `request` when it opened the connection. */
  readonly handshake: unknown;
  /** The carrier of the call that this one is a part of. A part does not count as a request. */
  readonly whole?: object | undefined;
  /** Whether the call ends later than its handler: a subscription. */
  readonly isLasting: boolean;
  /** The message for a developer whose application hides the request. Missing if the transport has no request. */
  readonly remedy?: string;
  /** @throws ProblemException if the request contains too many calls */
  requireSize(request: HttpRequest): void;
  /** Returns the error that tells the client about a problem. */
  rejection(problem: ProblemException): Error;
  /** Returns the error of a subclass of the guard in a form that reaches the client. Missing if it does in any form. */
  ownRejection?(error: Error): Error;
}
