import type { Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { methodsOf } from '../../http/class-methods';

// Literals, so that an application without messages needs neither package.
/** The metadata key that `@MessagePattern` and `@EventPattern` of `@nestjs/microservices` set on a method. */
const PATTERN_METADATA = 'microservices:pattern';
/** The metadata keys that `@SubscribeMessage` and `@WebSocketGateway` of `@nestjs/websockets` set on a method and its class. */
const MESSAGE_METADATA = 'websockets:message_mapping';
const GATEWAY_METADATA = 'websockets:is_gateway';

/** A handler of messages that do not arrive over HTTP. */
export interface MessageHandler {
  readonly controller: Type;
  readonly handler: object;
  /** Whether global guards always run before the handler: `true` in a gateway, `false` in a microservice. */
  readonly guardedGlobally: boolean;
  /** The name in error messages, such as `MemoriesController.wipe`. */
  readonly label: string;
}

/** Returns every message handler in the application's controllers and gateways. */
export function discoverMessageHandlers(
  discovery: DiscoveryService,
  scanner: MetadataScanner,
): readonly MessageHandler[] {
  const gateways = discovery
    .getProviders()
    .filter(
      ({ metatype }) => typeof metatype === 'function' && Reflect.hasMetadata(GATEWAY_METADATA, metatype),
    );
  return [
    ...handlersIn(discovery.getControllers(), PATTERN_METADATA, false, scanner),
    ...handlersIn(gateways, MESSAGE_METADATA, true, scanner),
  ];
}

function handlersIn(
  wrappers: ReturnType<DiscoveryService['getControllers']>,
  metadata: string,
  guardedGlobally: boolean,
  scanner: MetadataScanner,
): readonly MessageHandler[] {
  return wrappers.flatMap((wrapper) => {
    const controller = wrapper.metatype as Type;
    return methodsOf(wrapper, scanner)
      .filter(({ declared }) => Reflect.hasMetadata(metadata, declared))
      .map(({ name, handler }) => ({
        controller,
        handler,
        guardedGlobally,
        label: `${controller.name}.${name}`,
      }));
  });
}
