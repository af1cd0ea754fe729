import type { Type } from '@nestjs/common';
import type { MetadataScanner } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';

/** A method of a controller or a gateway. */
export interface ClassMethod {
  readonly name: string;
  /** The function on the class, which has the metadata of Nest's decorators. */
  readonly declared: object;
  /** The function that Nest calls. It differs if a constructor replaced the method on the instance. */
  readonly handler: object;
}

/** Returns the methods of a class that Nest checks for routes and message handlers. */
export function methodsOf(
  { metatype, instance }: Pick<InstanceWrapper<object | null | undefined>, 'metatype' | 'instance'>,
  scanner: MetadataScanner,
): readonly ClassMethod[] {
  const prototype = // Nest has null for a provider whose factory did not run yet.
    (
      instance === undefined || instance === null
        ? (metatype as Type).prototype
        : Object.getPrototypeOf(instance)
    ) as Readonly<Record<string, object>>;
  const handlers = (instance ?? prototype) as Readonly<Record<string, object>>;
  return scanner.getAllMethodNames(prototype).flatMap((name) => {
    const declared = prototype[name];
    const handler = handlers[name];
    return declared === undefined || handler === undefined ? [] : { name, declared, handler };
  });
}
