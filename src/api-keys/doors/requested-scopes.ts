import { ProblemException } from '../../problems/problem.exception';
import { isRequirableScope, MAX_SCOPES } from '../domain/scopes';

/**
 * Parses the `scope` of an OAuth request: scopes separated by one space each (RFC 6749 section 3.3). An empty text is
 * malformed, because its sender meant to name a scope.
 *
 * @returns each scope once; `undefined` without a `scope`
 * @throws ProblemException `invalid_scope`
 * @example requestedScopes('memory:read memory:write') // ['memory:read', 'memory:write']
 */
export function requestedScopes(scope: string | undefined): readonly string[] | undefined {
  if (scope === undefined) return undefined;
  const scopes = [...new Set(scope.split(' '))];
  if (scopes.length <= MAX_SCOPES && scopes.every(isRequirableScope)) return scopes;
  throw ProblemException.from(
    'invalid_scope',
    `Send 1 to ${MAX_SCOPES} scopes without wildcards, such as memory:read, separated by one space each.`,
  );
}
