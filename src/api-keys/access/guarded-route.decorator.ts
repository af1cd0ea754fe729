import { applyDecorators, type ExceptionFilter, type Type, UseFilters, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiOperation, ApiParam, ApiTags } from '../../openapi/decorators';
import { IfMatch } from '../../http/if-match';
import { type Handler, OwnController, OwnRoute, type Reads } from '../../http/own-route';
import { ApiProblems } from '../../problems/problem.dto';
import type { ProblemCode } from '../../problems/problem-catalogue';
import { GUARDED, JSON_BODY, POSSESSION, SCOPED, SESSION } from './route-problems';
import { ProblemFilter } from '../../problems/problem.filter';
import { OwnRouteGuard } from './own-route.guard';
import { AllowSessions, Authenticated, Possession, RequireScopes, Uncached } from './access.decorators';
import { ScopesGuard } from './scopes.guard';

/** The access that a route declares: exactly one of the three members. */
type Access =
  | { readonly scopes: readonly string[]; readonly authenticated?: never; readonly possession?: never }
  | { readonly scopes?: never; readonly authenticated: true; readonly possession?: never }
  | { readonly scopes?: never; readonly authenticated?: never; readonly possession: true };

/** Options of {@link GuardedRoute}. */
type GuardedRouteOptions<Body extends object, Query extends object> = Access &
  Reads<Body, Query> & {
    /** Whether the route also accepts sessions. Has the same effect as `@AllowSessions()`. */
    readonly sessions?: boolean;
    /** Whether the key is read from the store instead of the cache. Has the same effect as `@Uncached()`. */
    readonly uncached?: boolean;
    /** The name of the route parameter. Adds `not_found` to the documented problems. */
    readonly param?: string;
    /** The resource whose `ETag` the route compares with `If-Match`. */
    readonly ifMatch?: 'key' | 'user' | 'policy';
    /** Further problems that this route can return. */
    readonly problems?: readonly ProblemCode[];
  };

/**
 * Declares a controller of Keyward's routes behind `ScopesGuard`. Its routes use {@link GuardedRoute}, except introspection.
 *
 * @param path the path of all its routes
 * @param tag the section of the OpenAPI document
 * @param filter the exception filter that sends its errors
 */
export function GuardedController(
  path: string,
  tag: string,
  filter: Type<ExceptionFilter> = ProblemFilter,
): ClassDecorator {
  return applyDecorators(
    UseFilters(filter),
    // Last among the guards, because it runs the handler.
    UseGuards(ScopesGuard, OwnRouteGuard),
    OwnController(path),
    ApiBearerAuth('bearer'),
    ApiTags(tag),
  );
}

/**
 * Declares a route of a {@link GuardedController}: its access, its input, and its part of the OpenAPI document. Put it below
 * the decorator of the HTTP method. The comment of the method becomes the summary, and its `@remarks` the description.
 *
 * @param operationId its name in the OpenAPI document
 * @example
 * \@Get(':id')
 * \@GuardedRoute('getApiKey', { scopes: ['api-keys:read'], sessions: true, param: 'id' })
 * async get({ request, params }: Call): Promise<ApiKeyDto> { … }
 */
export function GuardedRoute<Body extends object = object, Query extends object = object>(
  operationId: string,
  options: GuardedRouteOptions<Body, Query>,
) {
  return <Answer>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<Handler<Body, Query, Answer>>,
  ): void => {
    OwnRoute(options)(target, key, descriptor);
    ApiOperation({ operationId })(target, key, descriptor);
    declared(options)(target, key, descriptor);
  };
}

function declared(options: GuardedRouteOptions<object, object>): MethodDecorator {
  const { sessions = false, uncached = false, json, param, ifMatch, problems = [] } = options;
  const [requirement, refusals] = required(options);
  return applyDecorators(
    ApiProblems(
      ...refusals,
      ...(sessions ? SESSION : []),
      ...(json === undefined ? [] : JSON_BODY),
      ...(param === undefined ? [] : (['not_found'] as const)),
      ...problems,
    ),
    ...(ifMatch === undefined ? [] : [IfMatch(ifMatch)]),
    ...(uncached ? [Uncached()] : []),
    requirement,
    ...(sessions ? [AllowSessions(), ApiExtension('x-sessions', true)] : []),
    ...(param === undefined ? [] : [ApiParam({ name: param, type: String })]),
  );
}

/** Returns the decorator that requires this access, and the problems that callers without it get. */
function required(access: Access): readonly [MethodDecorator, readonly ProblemCode[]] {
  if (access.scopes !== undefined) return [RequireScopes(...access.scopes), SCOPED];
  return access.possession === true ? [Possession(), POSSESSION] : [Authenticated(), GUARDED];
}
