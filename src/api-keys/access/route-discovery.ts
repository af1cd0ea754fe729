import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';

/** A route of the application, as its decorators declare it. */
export interface DiscoveredRoute {
  readonly controller: Type;
  readonly handler: object;
  readonly method: RequestMethod;
  /** Paths as declared, without a global prefix or version. */
  readonly paths: readonly string[];
  /** For people: `POST /v1/api-keys (ApiKeysController.create)`. */
  readonly label: string;
}

/** Every route that the application's controllers declare. */
export function discoverRoutes(
  discovery: DiscoveryService,
  scanner: MetadataScanner,
): readonly DiscoveredRoute[] {
  return discovery.getControllers().flatMap(({ metatype, instance }) => {
    if (typeof metatype !== 'function' || !Reflect.hasMetadata(PATH_METADATA, metatype)) return [];
    const controller = metatype as Type;
    const prototype = (
      instance === undefined ? controller.prototype : Object.getPrototypeOf(instance)
    ) as object;
    return scanner
      .getAllMethodNames(prototype)
      .flatMap((name) =>
        routeOf(controller, (prototype as Readonly<Record<string, object>>)[name] as object),
      );
  });
}

function routeOf(controller: Type, handler: object): DiscoveredRoute | readonly [] {
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (method === undefined) return [];
  const bases = listOf(Reflect.getMetadata(PATH_METADATA, controller));
  const ends = listOf(Reflect.getMetadata(PATH_METADATA, handler));
  const paths = bases.flatMap((base) => ends.map((end) => joined(base, end)));
  const name = `${controller.name}.${(handler as { readonly name: string }).name}`;
  return {
    controller,
    handler,
    method,
    paths,
    label: `${RequestMethod[method]} ${paths.join(', ')} (${name})`,
  };
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
