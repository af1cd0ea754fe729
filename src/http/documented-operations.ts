import { type INestApplicationContext, RequestMethod, VersioningType } from '@nestjs/common';
import { PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { type DiscoveredRoute, discoverRoutes, modulePathOf } from './route-discovery';
import { toPathTemplate } from './path-template';

type Paths = Parameters<RoutePathFactory['create']>[0];

/** The methods that `@nestjs/swagger` documents for `@All()`. */
const EVERY_METHOD = ['get', 'post', 'put', 'delete', 'patch', 'options', 'head', 'search', 'query'] as const;

/**
 * Returns the route of each operation that `SwaggerModule.createDocument` documents, by {@link operationKey}. Computes
 * paths as that function does. If several routes share an operation, such as header versions of a route, that function
 * documents the last one.
 *
 * @param withPrefix whether paths include the global prefix; `false` for a document that was created with
 *   `ignoreGlobalPrefix`
 */
export function documentedOperations(
  app: INestApplicationContext,
  withPrefix: boolean,
): ReadonlyMap<string, DiscoveredRoute> {
  const modules = app.get(ModulesContainer);
  const config = app.get(ApplicationConfig);
  const factory = new RoutePathFactory(config);
  const globalPrefix = withPrefix ? config.getGlobalPrefix() : '';
  const operations = new Map<string, DiscoveredRoute>();
  for (const route of discoverRoutes(new DiscoveryService(modules), new MetadataScanner())) {
    if (isExcluded(route)) continue;
    const declared = { globalPrefix, ...pathsOf(route, config, modules.applicationId) };
    for (const path of factory.create(declared, route.method)) {
      const template = toPathTemplate(path);
      for (const method of methodsOf(route)) operations.set(operationKey(method, template), route);
    }
  }
  return operations;
}

/** Returns the key of an operation: its method and path. */
export function operationKey(method: string, path: string): string {
  return `${method} ${path}`;
}

function methodsOf({ method }: DiscoveredRoute): readonly string[] {
  return method === RequestMethod.ALL ? EVERY_METHOD : [(RequestMethod[method] ?? '').toLowerCase()];
}

function pathsOf(
  { controller, declared, module }: DiscoveredRoute,
  config: ApplicationConfig,
  applicationId: string,
): Paths {
  const versioningOptions = config.getVersioning();
  const paths = {
    versioningOptions,
    modulePath: modulePathOf(module, applicationId),
    ctrlPath: Reflect.getMetadata(PATH_METADATA, controller) as unknown,
    methodPath: Reflect.getMetadata(PATH_METADATA, declared) as unknown,
    methodVersion: Reflect.getMetadata(VERSION_METADATA, declared) as unknown,
    controllerVersion: (Reflect.getMetadata(VERSION_METADATA, controller) ??
      (versioningOptions?.type === VersioningType.URI
        ? versioningOptions.defaultVersion
        : undefined)) as unknown,
  };
  return paths as Paths;
}

/** Returns whether `@ApiExcludeController` or `@ApiExcludeEndpoint` excludes a route from the documentation. */
function isExcluded({ controller, declared }: DiscoveredRoute): boolean {
  const ofController = Reflect.getMetadata('swagger/apiExcludeController', controller) as
    readonly unknown[] | undefined;
  const ofEndpoint = Reflect.getMetadata('swagger/apiExcludeEndpoint', declared) as
    { readonly disable?: boolean } | undefined;
  return ofController?.[0] === true || ofEndpoint?.disable === true;
}
