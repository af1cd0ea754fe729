import { declareAccess } from './access-declaration';

/**
 * Verifies the key by a read of the store, not from memory: for routes that create, widen or pass on authority, see
 * decision record 0058. A session's user is always read.
 *
 * @example
 * \@RequireScopes('api-keys:write')
 * \@Uncached()
 * \@Post('customers/:id/keys')
 * create(@CurrentApiKey() key: CurrentKey) { … }
 */
export function Uncached(): ClassDecorator & MethodDecorator {
  return declareAccess({ kind: 'uncached' });
}
