import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_PATH, PATH_METADATA } from '@nestjs/common/constants.js';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { methodsOf } from './class-methods';

/** A route of the application, as its decorators declare it. */
export interface DiscoveredRoute {
  readonly controller: Type;
  /** The function on the class, which has the metadata of Nest's decorators. */
  readonly declared: object;
  /** The function that Nest calls. */
  readonly handler: object;
  /** The module that the controller belongs to. */
  readonly module: { readonly metatype?: object } | undefined;
  readonly method: RequestMethod;
  /** The paths as the decorators declare them, without a global prefix or version. */
  readonly paths: readonly string[];
  /** The name of the route in messages, such as `POST /v1/api-keys (ApiKeysController.create)`. */
  readonly label: string;
}

/** Returns every route that the application's controllers declare. */
export function discoverRoutes(
  discovery: DiscoveryService,
  scanner: MetadataScanner,
): readonly DiscoveredRoute[] {
  return discovery.getControllers().flatMap((wrapper) => {
    const { metatype } = wrapper;
    if (typeof metatype !== 'function' || !Reflect.hasMetadata(PATH_METADATA, metatype)) return [];
    const controller = metatype as Type;
    return methodsOf(wrapper, scanner).flatMap(({ name, declared, handler }) => {
      const method = Reflect.getMetadata(METHOD_METADATA, declared) as RequestMethod | undefined;
      if (method === undefined) return [];
      const paths = pathsOf(controller, declared);
      const label = `${RequestMethod[method]} ${paths.join(', ')} (${controller.name}.${name})`;
      return { controller, declared, handler, module: wrapper.host, method, paths, label };
    });
  });
}

/** Returns the path that the host set for a module with `RouterModule`. */
export function modulePathOf(module: DiscoveredRoute['module'], applicationId: string): string | undefined {
  const metatype = module?.metatype ?? {};
  return [MODULE_PATH + applicationId, MODULE_PATH]
    .map((name) => Reflect.getMetadata(name, metatype) as string | undefined)
    .find((path) => path !== undefined);
}

function pathsOf(controller: Type, declared: object): readonly string[] {
  const bases = listOf(Reflect.getMetadata(PATH_METADATA, controller));
  const ends = listOf(Reflect.getMetadata(PATH_METADATA, declared));
  return bases.flatMap((base) => ends.map((end) => joined(base, end)));
}

function listOf(paths: unknown): readonly string[] {
  return (Array.isArray(paths) ? paths : [paths]).map(String);
}

function joined(...parts: readonly string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '')
    .join('/')}`;
}
