import type { Type } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import type { ApplicationConfig, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { methodsOf } from '../../http/class-methods';
import { declarationsOn } from './access-declaration';
import { isScopesGuard } from './module-settings';
import { compileRouteAccess, type RouteAccess } from './route-access';
import type { ApiKeysOptions } from '../options/api-keys.options';
import { ScopesGuard } from './scopes.guard';

// Literals, so that an application without gateways does not need the package.
/** The metadata of `@WebSocketGateway` and `@SubscribeMessage` of `@nestjs/websockets`. */
const GATEWAY_METADATA = 'websockets:is_gateway';
const MESSAGE_METADATA = 'websockets:message_mapping';

/** Whether global guards run before the messages of gateways: from Nest 12 on. */
const HAS_GLOBAL_GUARDS =
  Number.parseInt((require('@nestjs/core/package.json') as { readonly version: string }).version, 10) >= 12;

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A guard that runs for messages; `undefined` if Nest creates one for each of them. */
export type MessageGuard = ScopesGuard | undefined;

/** A handler of the messages of a WebSocket. */
export interface GatewayHandler {
  /** The name in messages, such as `MemoriesGateway.list`. */
  readonly label: string;
  readonly controller: Type;
  readonly handler: object;
  readonly access: RouteAccess;
  /** Whether the class or the method has an access decorator. */
  readonly isDeclared: boolean;
  /** Every `ScopesGuard` that runs before the handler. */
  readonly guards: readonly MessageGuard[];
}

/** A WebSocket gateway of the application. */
export interface Gateway {
  readonly name: string;
  readonly instance: object;
  readonly handlers: readonly GatewayHandler[];
  /** The guards of the gateway itself: the global ones and those on the class. */
  readonly guards: readonly MessageGuard[];
  /** Whether the class is `@Public()`. */
  readonly isPublic: boolean;
  /** Whether the class has an access decorator. */
  readonly isDeclared: boolean;
}

/** Returns every gateway in the application's providers. */
export function discoverGateways(
  discovery: DiscoveryService,
  scanner: MetadataScanner,
  config: ApplicationConfig,
): readonly Gateway[] {
  const everywhere = [
    ...config.getGlobalGuards(),
    ...config.getGlobalRequestGuards().map(({ metatype }) => metatype),
  ];
  return discovery
    .getProviders()
    .filter((wrapper) => isGateway(wrapper))
    .map((wrapper) => gatewayOf(wrapper, scanner, HAS_GLOBAL_GUARDS ? everywhere : []));
}

function isGateway({ metatype, instance }: Wrapper): boolean {
  return (
    typeof metatype === 'function' && Reflect.hasMetadata(GATEWAY_METADATA, metatype) && isObject(instance)
  );
}

function gatewayOf(wrapper: Wrapper, scanner: MetadataScanner, global: readonly unknown[]): Gateway {
  const controller = wrapper.metatype as Type;
  const guards = guardsOf([...global, ...usedGuards(controller)], wrapper);
  return {
    name: controller.name,
    instance: wrapper.instance as object,
    guards,
    isDeclared: declarationsOn(controller).length > 0,
    isPublic: declarationsOn(controller).some(({ kind }) => kind === 'public'),
    handlers: methodsOf(wrapper, scanner)
      .filter(({ declared }) => Reflect.hasMetadata(MESSAGE_METADATA, declared))
      // Nest calls the function on the class, even if a constructor replaced it on the instance.
      .map(({ name, declared }) => ({
        label: `${controller.name}.${name}`,
        controller,
        handler: declared,
        access: compileRouteAccess(controller, declared),
        isDeclared: declarationsOn(controller).length + declarationsOn(declared).length > 0,
        guards: [...guards, ...guardsOf(usedGuards(declared), wrapper)],
      })),
  };
}

function usedGuards(holder: object): readonly unknown[] {
  return (Reflect.getMetadata(GUARDS_METADATA, holder) as readonly unknown[] | undefined) ?? [];
}

/** Returns the guards that Nest calls for `@UseGuards`: it creates an instance of each class in each module. */
function guardsOf(guards: readonly unknown[], { host }: Wrapper): readonly MessageGuard[] {
  return guards.filter(isScopesGuard).map((guard) => {
    if (guard instanceof ScopesGuard) return guard;
    const injectable = host?.injectables.get(guard as Type);
    const instance: unknown = injectable?.isDependencyTreeStatic() === true ? injectable.instance : undefined;
    return instance instanceof ScopesGuard ? instance : undefined;
  });
}

/** Returns the guards that belong to one import of Keyward. */
export function ownGuards(
  { guards }: Pick<Gateway, 'guards'>,
  options: ApiKeysOptions | undefined,
): readonly MessageGuard[] {
  return guards.filter((guard) => guard?.goesBy(options) ?? true);
}

/**
 * Returns whether clients of a gateway must have a key for something: for a handler, or for the broadcasts of a gateway without
 * handlers.
 */
export function needsKey(gateway: Gateway, options: ApiKeysOptions | undefined): boolean {
  const { handlers } = gateway;
  if (handlers.length === 0) return !gateway.isPublic && ownGuards(gateway, options).length > 0;
  return handlers.some((handler) => !isOpen(handler, options));
}

/** Returns whether clients without a credential may connect, because a handler accepts them. */
export function acceptsStrangers(gateway: Gateway, options: ApiKeysOptions | undefined): boolean {
  return !needsKey(gateway, options) || gateway.handlers.some((handler) => isOpen(handler, options));
}

function isOpen(handler: GatewayHandler, options: ApiKeysOptions | undefined): boolean {
  return handler.access.kind === 'public' || ownGuards(handler, options).length === 0;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
