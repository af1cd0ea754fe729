import { type Parameters, readParameters } from '../../http/parameters';
import { isTenantId, type TenantContext } from '../domain/binding';
import { isRequirableScope, type ScopeRequirement } from '../domain/scopes';

const PARAMETERS: ReadonlySet<string> = new Set(['scope', 'org', 'project', 'authenticated']);

/** The requirement of a proxy. */
export interface ProxyRequirement {
  readonly scopes: ScopeRequirement;
  readonly tenant: TenantContext;
}

/**
 * Reads the requirement from the query, which the proxy's configuration sets: `scope` (one or more, separated by spaces) or
 * `authenticated=1`, and `org` and `project`.
 *
 * @returns `undefined` if a parameter is unknown, malformed, empty or repeated, so that a typo in the configuration rejects
 *   every request
 */
export function readProxyRequirement(query: string): ProxyRequirement | undefined {
  const parameters = parametersOf(query);
  if (parameters === undefined) return undefined;
  const { scope, org, project, authenticated } = parameters;
  if (Object.keys(parameters).some((name) => !PARAMETERS.has(name))) return undefined;
  if (!isAbsentOr(isTenantId, org) || !isAbsentOr(isTenantId, project)) return undefined;
  if ((scope === undefined) === (authenticated === undefined)) return undefined;
  if (authenticated !== undefined && authenticated !== '1') return undefined;
  const allOf = scope === undefined ? [] : typeof scope === 'string' ? scope.split(' ') : [''];
  if (!allOf.every(isRequirableScope)) return undefined;
  return { scopes: { allOf, anyOf: [] }, tenant: { orgId: org, projectId: project } };
}

function parametersOf(query: string): Parameters | undefined {
  try {
    return readParameters(query);
  } catch {
    return undefined;
  }
}

function isAbsentOr(is: (text: string) => boolean, value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && is(value));
}
