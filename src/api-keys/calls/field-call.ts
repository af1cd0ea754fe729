import { type HttpRequest, isHttpRequest } from '../../http/http-request';
import type { GuardedCall } from './guarded-call';
import { GraphqlRejection } from './graphql-rejection';
import { type Operation, requireFewFields, requireFewFieldsWith } from './operation-size';

/** The position of a field in a response. Each field of each operation has its own object. */
interface FieldPath {
  readonly prev: FieldPath | undefined;
  readonly key: string | number;
}

type SchemaType = object | null | undefined;

/** The part of the `info` argument of resolvers that Keyward reads. */
interface FieldInfo extends Operation {
  readonly path: FieldPath;
  readonly operation: Operation['operation'] & { readonly operation: string };
  readonly parentType: SchemaType;
  readonly schema: {
    getQueryType(): SchemaType;
    getMutationType(): SchemaType;
    getSubscriptionType(): SchemaType;
  };
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
  const isBelowRoot = !isReference && info.path.prev !== undefined;
  const isPart = isBelowRoot && !isOfRootType(info);
  if (!isReference && !isBelowRoot) remember(info);
  return {
    carrier: isReference ? (args as object) : info.path,
    occasion: info,
    args,
    request,
    response: isOpen ? undefined : responseIn(context),
    handshake,
    whole: isPart ? rootOf(info) : undefined,
    isLasting: !isReference && !isBelowRoot && info.operation.operation === 'subscription',
    remedy: REMEDY,
    requireSize: (carrying) => {
      if (isPart || isReference) return;
      const require = isBelowRoot ? requireFewFieldsWith : requireFewFields;
      require(info, isOpen ? undefined : carrying);
    },
    rejection: (problem) => new GraphqlRejection(problem),
  };
}

/** A type can have a field of a root type. Clients reach its fields at any depth, as if they were at the root. */
function isOfRootType({ parentType, schema }: FieldInfo): boolean {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(parentType);
}

type Roots = Map<FieldPath['key'], FieldPath>;

const executions = new WeakMap<object, Roots>();

/** Returns the positions of the guarded root fields of an execution, by their names in the response. */
function rootsIn({ variableValues }: FieldInfo): Roots {
  let roots = executions.get(variableValues);
  if (roots === undefined) executions.set(variableValues, (roots = new Map()));
  return roots;
}

/**
 * The positions of the root fields of subscriptions, by their operations, because each event is an execution of its own.
 * `undefined` if several subscriptions share an operation, for example of a cached document.
 */
const subscriptions = new WeakMap<object, FieldPath | undefined>();

/** Remembers a root field for the fields below it. */
function remember(info: FieldInfo): void {
  const { path, operation } = info;
  rootsIn(info).set(path.key, path);
  if (operation.operation !== 'subscription') return;
  const isShared = subscriptions.has(operation) && subscriptions.get(operation) !== path;
  subscriptions.set(operation, isShared ? undefined : path);
}

/** Not only the first part of the path, because `graphql-jit` makes a new path, with all its parts, for each field. */
function rootOf(info: FieldInfo): FieldPath {
  let root = info.path;
  while (root.prev !== undefined) root = root.prev;
  return rootsIn(info).get(root.key) ?? subscriptions.get(info.operation) ?? root;
}

/** Where the drivers of Apollo and Mercurius put the request, and `graphql-ws` its connection. */
interface DriverContext {
  readonly req?: unknown;
  readonly request?: unknown;
  readonly res?: unknown;
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

/** Returns the response in the contexts of Apollo and Mercurius, unless it was already sent. */
function responseIn(context: unknown): object | undefined {
  const { res, reply } = membersOf(context);
  return [reply, res].find(hasOpenHeaders);
}

function hasOpenHeaders(response: unknown): response is object {
  if (typeof response !== 'object' || response === null) return false;
  const { header, sent, headersSent } = response as Readonly<Record<string, unknown>>;
  return typeof header === 'function' && sent !== true && headersSent !== true;
}

function membersOf(value: unknown): DriverContext {
  return typeof value === 'object' && value !== null ? value : {};
}
