import type { Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { methodsOf } from '../../http/class-methods';

// Literals of @nestjs/graphql, so that an application without GraphQL does not need the package.
const TYPE_METADATA = 'graphql:resolver_type';
const NAME_METADATA = 'graphql:resolver_name';
const PROPERTY_METADATA = 'graphql:resolve_property';
const REFERENCE_METADATA = 'graphql:resolve_reference';
const MODULE_OPTIONS = 'GqlModuleOptions';

const ROOT_TYPES: ReadonlySet<unknown> = new Set(['Query', 'Mutation', 'Subscription']);

/** A method that resolves a GraphQL field or an entity. */
export interface DiscoveredResolver {
  readonly controller: Type;
  /** The function on the class. Nest calls it even if a constructor replaced the method on the instance. */
  readonly handler: object;
  /** Clients reach a root field and the reference of an entity directly, and any other field through its parent. */
  readonly kind: 'root' | 'reference' | 'field';
  readonly isSubscription: boolean;
  /** The name in messages, such as `Query memories (MemoriesResolver.list)`. */
  readonly label: string;
}

/** Returns every resolver of the application. */
export function discoverResolvers(
  discovery: DiscoveryService,
  scanner: MetadataScanner,
): readonly DiscoveredResolver[] {
  return discovery.getProviders().flatMap((wrapper) => {
    const controller = classOf(wrapper);
    if (controller === undefined) return [];
    const { instance } = wrapper as InstanceWrapper<object | null | undefined>;
    return methodsOf({ metatype: controller, instance }, scanner).flatMap(({ name, declared: handler }) => {
      const kind = kindOf(controller, handler);
      if (kind === undefined) return [];
      const type = typeOf(controller, handler);
      const field = (Reflect.getMetadata(NAME_METADATA, handler) as string | undefined) ?? name;
      const label = `${String(type)} ${kind === 'reference' ? 'reference' : field} (${controller.name}.${name})`;
      return { controller, handler, kind, isSubscription: type === 'Subscription', label };
    });
  });
}

/**
 * Returns the class of a provider, because Nest also finds the resolvers that a factory or a value provides. Before the factory
 * ran, its class is known only if it is the token.
 */
function classOf({ metatype, isNotMetatype, isAlias, instance, token }: InstanceWrapper): Type | undefined {
  if (isAlias) return undefined;
  if (!isNotMetatype) return typeof metatype === 'function' ? (metatype as Type) : undefined;
  if (typeof instance === 'object' && instance !== null) {
    const made: unknown = (instance as { readonly constructor?: unknown }).constructor;
    return typeof made === 'function' ? (made as Type) : undefined;
  }
  return typeof token === 'function' ? (token as Type) : undefined;
}

/** Returns whether Nest runs guards for references and for fields below the root: in every GraphQL module of the application. */
export function runsGuardsBelowRoot(discovery: DiscoveryService): boolean {
  return discovery
    .getProviders()
    .filter(({ token }) => token === MODULE_OPTIONS)
    .every(({ instance }) => {
      const { fieldResolverEnhancers } = (instance ?? {}) as { readonly fieldResolverEnhancers?: unknown };
      return Array.isArray(fieldResolverEnhancers) && fieldResolverEnhancers.includes('guards');
    });
}

/** Nest has the same rules: a class such as `@Resolver('Query')` gives its type to its fields. */
function kindOf(controller: Type, declared: object): DiscoveredResolver['kind'] | undefined {
  const type = typeOf(controller, declared);
  if (type === undefined) return undefined;
  if (Reflect.hasMetadata(REFERENCE_METADATA, declared)) return 'reference';
  if (ROOT_TYPES.has(type)) return 'root';
  return Reflect.hasMetadata(PROPERTY_METADATA, declared) ? 'field' : undefined;
}

function typeOf(controller: Type, declared: object): unknown {
  return (
    (Reflect.getMetadata(TYPE_METADATA, declared) as unknown) ??
    (Reflect.getMetadata(TYPE_METADATA, controller) as unknown)
  );
}
