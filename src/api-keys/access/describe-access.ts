import type { INestApplicationContext } from '@nestjs/common';
import { documentedOperations, operationKey } from '../../http/documented-operations';
import type { DiscoveredRoute } from '../../http/route-discovery';
import { type OpenApiDocument, withAccess } from './openapi-access';
import { compileRouteAccess } from './route-access';

type Operations = ReadonlyMap<string, DiscoveredRoute>;

/**
 * Adds the access that decorators declare to an OpenAPI document. For each guarded route, it adds:
 *
 * - the security schemes `apiKeyBearer` and `apiKeyHeader`, and `security` with both
 * - the required scopes, in the description and as `x-required-scopes: { allOf, anyOf }`
 * - the headers `X-Org-Id` and `X-Project-Id` if the route has `@TenantHeaders()`
 * - parameters of the path that no decorator documents, because `@Tenant()` reads them
 * - the answers 401, 403 and 429 of `ScopesGuard`, with their headers
 *
 * A `@Public()` route gets an empty `security`, unless the operation or the document already has one. Existing descriptions of
 * an operation stay. Operations without a route in the application stay unchanged.
 *
 * Call it after `app.setGlobalPrefix()` and `app.enableVersioning()`.
 *
 * @param document an OpenAPI document, version 3.0 or later; it is not changed
 * @param app the application for which `SwaggerModule.createDocument` created the document
 * @returns a copy with the additions
 * @throws ConfigurationError if the decorators of a route contradict each other
 * @example
 * const document = SwaggerModule.createDocument(app, new DocumentBuilder().setTitle('Memories').build());
 * SwaggerModule.setup('docs', app, describeAccess(document, app));
 */
export function describeAccess<Document extends OpenApiDocument>(
  document: Document,
  app: INestApplicationContext,
): Document {
  const operations = operationsIn(document, app);
  return withAccess(document, (method, path) => {
    const route = operations.get(operationKey(method, path));
    return route && compileRouteAccess(route.controller, route.handler);
  });
}

/**
 * Returns the operations of the application, with or without the global prefix: whichever matches more operations of the
 * document.
 */
function operationsIn({ paths }: OpenApiDocument, app: INestApplicationContext): Operations {
  const keys = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item as object).map((method) => operationKey(method, path)),
  );
  const countIn = (operations: Operations): number => keys.filter((key) => operations.has(key)).length;
  const [prefixed, bare] = [documentedOperations(app, true), documentedOperations(app, false)];
  return countIn(bare) > countIn(prefixed) ? bare : prefixed;
}
