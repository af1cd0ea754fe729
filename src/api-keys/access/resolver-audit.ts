import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { type DiscoveredResolver, discoverResolvers, runsGuardsBelowRoot } from '../calls/resolvers';
import { ConfigurationError } from '../../problems/configuration.error';
import { declarationsOn } from './access-declaration';
import { compileRouteAccess } from './route-access';
import { endsWithItsKey } from './subscriptions';

/**
 * Returns the resolvers whose access must be enforced: root fields, references of entities, and fields below the root with
 * decorators of their own.
 *
 * @param guardedGlobally whether a global guard rejects what declares no access
 * @throws ConfigurationError if access decorators of a resolver have no effect, or if they are for routes only
 */
export function resolversToAudit(
  discovery: DiscoveryService,
  scanner: MetadataScanner,
  guardedGlobally: boolean,
): readonly DiscoveredResolver[] {
  const resolvers = discoverResolvers(discovery, scanner);
  const forRoutes = resolvers.filter(hasDecoratorsForRoutes).map(({ label }) => label);
  if (forRoutes.length > 0) {
    throw new ConfigurationError(
      `these GraphQL fields have @TenantHeaders() or @AllowSessions(), which are for routes: ${forRoutes.join('; ')}. ` +
        'Remove them: the arguments of a field name its tenant.',
    );
  }
  const endless = resolvers.filter(outlivesItsKey).map(({ label }) => label);
  if (endless.length > 0) {
    throw new ConfigurationError(
      `these GraphQL subscriptions would not end with their key: ${endless.join('; ')}. ` +
        'Provide their classes to Nest, or use the class as the token of the factory.',
    );
  }
  const unenforced = runsGuardsBelowRoot(discovery)
    ? []
    : resolvers
        .filter((resolver) => needsGuardBelowRoot(resolver, guardedGlobally))
        .map(({ label }) => label);
  if (unenforced.length > 0) {
    throw new ConfigurationError(
      `Nest runs no guards for these GraphQL fields and references, so their access is not enforced: ${unenforced.join('; ')}. ` +
        "Add fieldResolverEnhancers: ['guards'] to the options of GraphQLModule, or declare them @Public().",
    );
  }
  return resolvers.filter(({ kind, handler }) => kind !== 'field' || declarationsOn(handler).length > 0);
}

function needsGuardBelowRoot(
  { kind, controller, handler }: DiscoveredResolver,
  guardedGlobally: boolean,
): boolean {
  if (kind === 'root') return false;
  const access = compileRouteAccess(controller, handler).kind;
  if (kind === 'reference') return access === 'guarded' || (access === 'undeclared' && guardedGlobally);
  // The decorators of its class may be meant for root fields.
  return access === 'guarded' && declarationsOn(handler).length > 0;
}

/** Keyward did not know the class when the application was created, so Nest runs no interceptor of Keyward. */
function outlivesItsKey({ controller, handler, isSubscription }: DiscoveredResolver): boolean {
  return (
    isSubscription && compileRouteAccess(controller, handler).kind === 'guarded' && !endsWithItsKey(handler)
  );
}

function hasDecoratorsForRoutes({ controller, handler }: DiscoveredResolver): boolean {
  const access = compileRouteAccess(controller, handler);
  return access.kind === 'guarded' && (access.tenantHeaders || access.sessions);
}
