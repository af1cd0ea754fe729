import { applyDecorators, Controller, Res, type Type, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiQuery } from '../openapi/decorators';
import { isAnswered } from '../problems/answered';
import { MisuseError } from '../problems/misuse.error';
import type { HttpRequest } from './http-request';

/** The parts of a request that a route of Keyward reads. The route rejects all other parts. */
export interface Reads<Body extends object, Query extends object> {
  /** The class of the JSON body. */
  readonly json?: Type<Body>;
  /** Treats a missing body as an empty object. */
  readonly optionalBody?: boolean;
  /** The class of the form. */
  readonly form?: Type<Body>;
  /**
   * Ignores unknown parameters, as OAuth endpoints do (RFC 6749 section 3.2). Still rejects a form parameter in the
   * query, because the client expects the route to read it.
   */
  readonly ignoreUnknown?: boolean;
  /** The class of the query. Without it, the route accepts no query parameters. */
  readonly query?: Type<Query>;
  /** Accepts any query, even an invalid one. The handler must check `queryText`. */
  readonly anyQuery?: boolean;
}

/** A validated request to one of Keyward's routes. Pipes of the host cannot change it. */
export interface Call<Body extends object = object, Query extends object = object> {
  readonly request: HttpRequest;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  /** The query as the client sent it, without the question mark. */
  readonly queryText: string;
  /** The path as the client sent it: with the global prefix, without the query. */
  readonly path: string;
  /** Returns a header of the request. */
  readonly header: (name: string) => string | undefined;
  /** Sets a header of the response. The header is not sent if the handler fails. */
  readonly setHeader: (name: string, value: string) => void;
  /** Sets the status of the response, instead of the status that the route declares. */
  readonly setStatus: (status: number) => void;
}

/** A method that handles a {@link Call}. */
export type Handler<Body extends object, Query extends object, Answer = unknown> = (
  call: Call<Body, Query>,
) => Answer;

/** The data that the guard needs to run a handler. */
export interface OwnRouteHandler {
  readonly handle: Handler<object, object>;
  readonly reads: Reads<object, object>;
}

/** The metadata key of a handler. Libraries that wrap handlers, such as OpenTelemetry, copy metadata to the wrapper. */
const HANDLER = Symbol('keyward:own-route-handler');

/** Returns the handler of the route to which a method belongs. Returns `undefined` for a route of the host. */
export function ownRouteHandlerOf(method: object): OwnRouteHandler | undefined {
  return Reflect.getMetadata(HANDLER, method) as OwnRouteHandler | undefined;
}

/**
 * Declares a controller of Keyward's routes. The host's versioning does not change their paths.
 *
 * `OwnRouteGuard` must be the last of its guards.
 */
export function OwnController(path: string): ClassDecorator {
  return Controller({ path, version: VERSION_NEUTRAL });
}

/**
 * Declares one of Keyward's routes. `OwnRouteGuard` runs the decorated method and sends the response. Nest then calls a
 * method that does nothing, so no interceptor or pipe of the host can change the response (decision record 0062).
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
    // Tells Nest that the method sends its own response.
    Res()(target, key, 0);
    documented(reads)(target, key, descriptor);
  };
}

/**
 * Throws unless the response was sent, because a missing response must not look like a success. Nest calls it instead
 * of the handler.
 */
function requireAnswered(response: object): void {
  if (!isAnswered(response))
    throw new MisuseError('OwnRouteGuard did not run this route, because something replaced its handler');
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
