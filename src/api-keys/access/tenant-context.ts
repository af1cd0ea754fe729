import type { TenantParamNames } from '../api-keys.options';
import { isTenantId, type TenantContext } from '../domain/binding';
import { headerValues, type HttpRequest, nodeRequestOf } from './http-request';

/** Why no tenant could be read off a request. */
export type TenantFault = 'conflict' | 'malformed';

const HEADERS = { orgId: 'x-org-id', projectId: 'x-project-id' } as const;

/**
 * The tenant a request names: its route parameters, and on routes that say so the headers `X-Org-Id` and
 * `X-Project-Id`; never the body or the query.
 *
 * @returns a fault where two sources disagree, or a name that no tenant can have is given
 */
export function readTenantContext(
  request: HttpRequest,
  params: Required<TenantParamNames>,
  withHeaders: boolean,
): TenantContext | TenantFault {
  const orgId = readPart(request, 'orgId', params.orgId, withHeaders);
  const projectId = readPart(request, 'projectId', params.projectId, withHeaders);
  const fault = [orgId, projectId].find((part) => 'fault' in part);
  if (fault !== undefined && 'fault' in fault) return fault.fault;
  return {
    ...('value' in orgId && { orgId: orgId.value }),
    ...('value' in projectId && { projectId: projectId.value }),
  };
}

type Part = { readonly value: string } | { readonly fault: TenantFault } | Record<string, never>;

function readPart(
  request: HttpRequest,
  part: keyof typeof HEADERS,
  paramName: string | undefined,
  withHeaders: boolean,
): Part {
  const named = [
    ...parameter(request.params, paramName),
    ...(withHeaders ? headerValues(nodeRequestOf(request), HEADERS[part]) : []),
  ];
  const [value] = named;
  if (value === undefined) return {};
  if (named.some((other) => other !== value)) return { fault: 'conflict' };
  return isTenantId(value) ? { value } : { fault: 'malformed' };
}

function parameter(params: unknown, name: string | undefined): readonly string[] {
  if (typeof params !== 'object' || params === null || name === undefined || !Object.hasOwn(params, name))
    return [];
  return [String((params as Readonly<Record<string, unknown>>)[name])];
}
