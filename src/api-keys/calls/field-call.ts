import { type HttpRequest, isHttpRequest } from '../../http/http-request';
import type { GuardedCall } from './guarded-call';
import { GraphqlRejection } from './graphql-rejection';
import { type Operation, requireFewFields } from './operation-size';

/** The position of a field in a response. Each field of each operation has its own object. */
interface FieldPath {
  readonly prev: FieldPath | undefined;
}

/** The part of the `info` argument of resolvers that Keyward reads. */
interface FieldInfo extends Operation {
  readonly path: FieldPath;
  readonly operation: Operation['operation'] & { readonly operation: string };
}

/** A connection for subscriptions, in which the context has no request of its own. */
interface Connection {
  readonly request: HttpRequest | undefined;
  readonly handshake?: unknown;
  /** Whether the request opened a connection, so that it carries many operations. */
  readonly isOpen: boolean;
}

const REMEDY =
  'ScopesGuard cannot find the request of a GraphQL operation: return it from the context function as req, or override requestOf in a subclass.';

/**
 * Reads the call of a resolver from its arguments: `parent, args, context, info`, or `reference, context, info` for the
 * reference of an entity. Imports no GraphQL package, because applications choose one.
 */
export function fieldCallOf(resolverArgs: readonly unknown[]): GuardedCall {
  const isReference = resolverArgs.length === 3;
  const [context, info] = resolverArgs.slice(-2) as [unknown, FieldInfo];
  const args = resolverArgs[isReference ? 0 : 1];
  const { request, handshake, isOpen } = connectionOf(context);
  const isPart = !isReference && info.path.prev !== undefined;
  return {
    carrier: isReference ? (args as object) : info.path,
    occasion: info,
    args,
    request,
    handshake,
    whole: isPart ? rootOf(info.path) : undefined,
    isLasting: !isPart && info.operation.operation === 'subscription',
    remedy: REMEDY,
    requireSize: (carrying) => {
      if (!isPart && !isReference) requireFewFields(info, isOpen ? undefined : carrying);
    },
    rejection: (problem) => new GraphqlRejection(problem),
  };
}

function rootOf(path: FieldPath): FieldPath {
  let at = path;
  while (at.prev !== undefined) at = at.prev;
  return at;
}

/** Where the drivers of Apollo and Mercurius put the request, and `graphql-ws` its connection. */
interface DriverContext {
  readonly req?: unknown;
  readonly request?: unknown;
  readonly reply?: { readonly request?: unknown };
  readonly extra?: { readonly request?: unknown };
  readonly connectionParams?: unknown;
  /** What a client of Mercurius sent when it opened a connection. */
  readonly _connectionInit?: unknown;
}

function connectionOf(context: unknown): Connection {
  const { req, request, reply, _connectionInit } = membersOf(context);
  for (const candidate of [req, context]) {
    const { extra, connectionParams } = membersOf(candidate);
    if (isHttpRequest(extra?.request))
      return { request: extra.request, handshake: connectionParams, isOpen: true };
  }
  const isOpen = Object.hasOwn(membersOf(context), '_connectionInit');
  return {
    request: [req, request, reply?.request].find(isHttpRequest),
    handshake: _connectionInit,
    isOpen,
  };
}

function membersOf(value: unknown): DriverContext {
  return typeof value === 'object' && value !== null ? value : {};
}
