import { applyDecorators, Controller, Res, type Type, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiQuery } from '@nestjs/swagger';
import { isAnswered } from '../problems/answered';
import { MisuseError } from '../problems/misuse.error';
import type { HttpRequest } from './http-request';

/** What a route of ours reads of a request. It accepts nothing else. */
export interface Reads<Body extends object, Query extends object> {
  /** The class of a JSON body. */
  readonly json?: Type<Body>;
  /** Accepts a request without a body as an empty object. */
  readonly optionalBody?: boolean;
  /** The class of a form. */
  readonly form?: Type<Body>;
  /**
   * Ignores unknown parameters, as OAuth endpoints do (RFC 6749 section 3.2). A parameter of the form is refused in the
   * query, because its sender expects that it is read.
   */
  readonly ignoreUnknown?: boolean;
  /** The class of the query; without it a route accepts no parameters. */
  readonly query?: Type<Query>;
  /** Accepts any query, even one that cannot be decoded: the handler judges `queryText`. */
  readonly anyQuery?: boolean;
}

/** A request to one of our own routes: read, validated, and out of the reach of the host's pipes. */
export interface Call<Body extends object = object, Query extends object = object> {
  readonly request: HttpRequest;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  /** The query as the client sent it, without the question mark. */
  readonly queryText: string;
  /** The address of the request as the client sent it, without the query; global prefix included. */
  readonly path: string;
  /** A header of the request. */
  readonly header: (name: string) => string | undefined;
  /** Sets a header of the answer. A handler that fails sets none. */
  readonly setHeader: (name: string, value: string) => void;
}

/** A method that answers a {@link Call}. */
export type Handler<Body extends object, Query extends object, Answer = unknown> = (
  call: Call<Body, Query>,
) => Answer;

/** What the guard needs to run a handler. */
export interface OwnRouteHandler {
  readonly handle: Handler<object, object>;
  readonly reads: Reads<object, object>;
}

/** Metadata, because what wraps the handlers of a host application, such as OpenTelemetry, copies it to the wrapper. */
const HANDLER = Symbol('keyward:own-route-handler');

/** The handler behind a method that Nest knows; `undefined` for a route of the host. */
export function ownRouteHandlerOf(method: object): OwnRouteHandler | undefined {
  return Reflect.getMetadata(HANDLER, method) as OwnRouteHandler | undefined;
}

/**
 * A controller of our own routes. Neither a default version nor a kind of versioning moves them.
 *
 * Put `OwnRouteGuard` last among its guards.
 */
export function OwnController(path: string): ClassDecorator {
  return Controller({ path, version: VERSION_NEUTRAL });
}

/**
 * A route of our own. `OwnRouteGuard` runs the decorated method and sends the answer. Nest calls an empty method in its
 * place: by then the answer is sent, and no interceptor or pipe of the host can change it (decision record 0062).
 *
 * @example
 * \@Post()
 * \@OwnRoute({ json: CreateApiKeyDto })
 * async create({ request, body }: Call<CreateApiKeyDto>): Promise<IssuedApiKeyDto> { … }
 */
export function OwnRoute<Body extends object = object, Query extends object = object>(
  reads: Reads<Body, Query> = {},
) {
  return <Answer>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<Handler<Body, Query, Answer>>,
  ): void => {
    const handle = descriptor.value;
    if (handle === undefined) return;
    const answered = { [key]: (response: object) => requireAnswered(response) }[
      key
    ] as unknown as typeof handle;
    for (const name of Reflect.getMetadataKeys(handle) as unknown[]) {
      Reflect.defineMetadata(name, Reflect.getMetadata(name, handle), answered);
    }
    Reflect.defineMetadata(HANDLER, { handle, reads }, answered);
    descriptor.value = answered;
    // Tells Nest that the method sends its answer by itself.
    Res()(target, key, 0);
    documented(reads)(target, key, descriptor);
  };
}

/** What Nest calls in place of a route of ours. An answer that nobody sent must not look like a success. */
function requireAnswered(response: object): void {
  if (!isAnswered(response))
    throw new MisuseError('OwnRouteGuard did not run this route: something replaced its handler');
}

function documented({ json, form, query, optionalBody = false }: Reads<object, object>): MethodDecorator {
  return applyDecorators(
    ...(json === undefined ? [] : [ApiBody({ type: json, required: !optionalBody })]),
    ...(form === undefined
      ? []
      : [ApiBody({ type: form }), ApiConsumes('application/x-www-form-urlencoded')]),
    ...(query === undefined ? [] : [ApiQuery({ type: query, name: '' })]),
  );
}
