import type { TenantNames } from '../options/api-keys.options';
import { isTenantId, type TenantContext } from '../domain/binding';
import { headerValues, type HttpRequest, nodeRequestOf } from '../../http/http-request';

/** The reason why the tenant of a request cannot be read. */
export type TenantFault = 'conflict' | 'malformed';

const HEADERS = { orgId: 'x-org-id', projectId: 'x-project-id' } as const;

/** The headers that name the tenant on routes that read them. */
export const TENANT_HEADERS = ['X-Org-Id', 'X-Project-Id'] as const;

/**
 * Returns the tenant context of a request: from its route parameters and, on routes that declare it, from the headers
 * `X-Org-Id` and `X-Project-Id`. Ignores the body and the query.
 *
 * @returns the tenant; `conflict` if two sources disagree, `malformed` if a name is invalid
 */
export function readTenantContext(
  request: HttpRequest,
  params: Required<TenantNames>,
  withHeaders: boolean,
): TenantContext | TenantFault {
  const orgId = readPart(request, 'orgId', params.orgId, withHeaders);
  if (typeof orgId === 'object') return orgId.fault;
  const projectId = readPart(request, 'projectId', params.projectId, withHeaders);
  if (typeof projectId === 'object') return projectId.fault;
  return { orgId, projectId };
}

const CONFLICT = { fault: 'conflict' } as const;
const MALFORMED = { fault: 'malformed' } as const;

type Part = string | undefined | typeof CONFLICT | typeof MALFORMED;

function readPart(
  request: HttpRequest,
  part: keyof typeof HEADERS,
  paramName: string | undefined,
  withHeaders: boolean,
): Part {
  let value = parameter(request.params, paramName);
  if (withHeaders) {
    for (const named of headerValues(nodeRequestOf(request), HEADERS[part])) {
      if (value !== undefined && value !== named) return CONFLICT;
      value = named;
    }
  }
  return value === undefined || isTenantId(value) ? value : MALFORMED;
}

function parameter(params: unknown, name: string | undefined): string | undefined {
  if (typeof params !== 'object' || params === null || name === undefined || !Object.hasOwn(params, name))
    return undefined;
  return String((params as Readonly<Record<string, unknown>>)[name]);
}
