import { type Parameters, readParameters } from '../../http/parameters';
import { isTenantId, type TenantContext } from '../domain/binding';
import { isCost } from '../domain/rate-limit';
import { isRequirableScope, type ScopeRequirement } from '../domain/scopes';

const PARAMETERS: ReadonlySet<string> = new Set(['scope', 'org', 'project', 'authenticated', 'cost']);

const WHOLE = /^(?:0|[1-9]\d*)$/;

/** The requirement of a proxy. */
export interface ProxyRequirement {
  readonly scopes: ScopeRequirement;
  readonly tenant: TenantContext;
  /** As how many requests it counts. */
  readonly cost: number;
}

/**
 * Reads the requirement from the query, which the proxy's configuration sets: `scope` (one or more, separated by spaces) or
 * `authenticated=1`, and `org`, `project` and `cost`.
 *
 * @returns `undefined` if a parameter is unknown, malformed, empty or repeated, so that a typo in the configuration rejects
 *   every request
 */
export function readProxyRequirement(query: string): ProxyRequirement | undefined {
  const parameters = parametersOf(query);
  if (parameters === undefined) return undefined;
  const { scope, org, project, authenticated, cost = '1' } = parameters;
  if (Object.keys(parameters).some((name) => !PARAMETERS.has(name))) return undefined;
  if (!isAbsentOr(isTenantId, org) || !isAbsentOr(isTenantId, project)) return undefined;
  if ((scope === undefined) === (authenticated === undefined)) return undefined;
  if (authenticated !== undefined && authenticated !== '1') return undefined;
  const allOf = scope === undefined ? [] : typeof scope === 'string' ? scope.split(' ') : [''];
  if (!allOf.every(isRequirableScope)) return undefined;
  if (typeof cost !== 'string' || !WHOLE.test(cost) || !isCost(Number(cost))) return undefined;
  return { scopes: { allOf, anyOf: [] }, tenant: { orgId: org, projectId: project }, cost: Number(cost) };
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
