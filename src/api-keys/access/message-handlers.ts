import type { Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { methodsOf } from '../../http/class-methods';

/** The metadata of `@MessagePattern` and `@EventPattern` on a method. A literal, so that no application needs the package. */
const PATTERN_METADATA = 'microservices:pattern';

/** A handler of `@nestjs/microservices`, before which global guards may not run. */
export interface MessageHandler {
  readonly controller: Type;
  readonly handler: object;
  /** The name in messages, such as `MemoriesController.wipe`. */
  readonly label: string;
}

/** Returns every handler of microservices in the application's controllers. */
export function discoverMessageHandlers(
  discovery: DiscoveryService,
  scanner: MetadataScanner,
): readonly MessageHandler[] {
  return discovery.getControllers().flatMap((wrapper) => {
    const controller = wrapper.metatype as Type;
    return methodsOf(wrapper, scanner)
      .filter(({ declared }) => Reflect.hasMetadata(PATTERN_METADATA, declared))
      .map(({ name, handler }) => ({ controller, handler, label: `${controller.name}.${name}` }));
  });
}
