import type { TenantNames } from '../options/api-keys.options';
import { isTenantId, type TenantContext } from '../domain/binding';
import { headerValues, type HttpRequest, nodeRequestOf } from '../../http/http-request';

/** The reason why the tenant of a request cannot be read. */
export type TenantFault = 'conflict' | 'malformed';

const HEADERS = { orgId: 'x-org-id', projectId: 'x-project-id' } as const;

/** The headers that name the tenant on routes that read them. */
export const TENANT_HEADERS = ['X-Org-Id', 'X-Project-Id'] as const;

/** Returns the names of what holds the tenant, with the defaults. */
export function tenantNamesIn({ orgId, projectId }: TenantNames = {}): Record<keyof TenantNames, string> {
  return { orgId: orgId ?? 'orgId', projectId: projectId ?? 'projectId' };
}

/**
 * Returns the tenant context of a request: from its route parameters and, on routes that declare it, from the headers
 * `X-Org-Id` and `X-Project-Id`. Ignores the body and the query.
 *
 * @returns the tenant; `conflict` if two sources disagree, `malformed` if a name is invalid
 */
export function readTenantContext(
  request: HttpRequest,
  params: Record<keyof TenantNames, string>,
  withHeaders: boolean,
): TenantContext | TenantFault {
  const orgId = readPart(request, 'orgId', params.orgId, withHeaders);
  if (typeof orgId === 'object') return orgId.fault;
  const projectId = readPart(request, 'projectId', params.projectId, withHeaders);
  if (typeof projectId === 'object') return projectId.fault;
  return { orgId, projectId };
}

/**
 * Returns the tenant that the arguments of a call name. `null` names no tenant, like an omitted argument.
 *
 * @returns `malformed` if a name is invalid or not text
 */
export function readTenantArgs(
  args: unknown,
  names: Record<keyof TenantNames, string>,
): TenantContext | 'malformed' {
  const orgId = nameIn(args, names.orgId);
  const projectId = nameIn(args, names.projectId);
  return orgId === null || projectId === null ? 'malformed' : { orgId, projectId };
}

/** Returns `null` if the name is invalid. */
function nameIn(args: unknown, name: string): string | undefined | null {
  const value = memberOf(args, name) ?? undefined;
  if (value === undefined) return undefined;
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === 'string' && isTenantId(text) ? text : null;
}

const CONFLICT = { fault: 'conflict' } as const;
const MALFORMED = { fault: 'malformed' } as const;

type Part = string | undefined | typeof CONFLICT | typeof MALFORMED;

function readPart(
  request: HttpRequest,
  part: keyof typeof HEADERS,
  paramName: string,
  withHeaders: boolean,
): Part {
  const param = memberOf(request.params, paramName) as string | string[] | undefined;
  // Express has lists for some parameters.
  let value = param === undefined ? undefined : String(param);
  if (withHeaders) {
    for (const named of headerValues(nodeRequestOf(request), HEADERS[part])) {
      if (value !== undefined && value !== named) return CONFLICT;
      value = named;
    }
  }
  return value === undefined || isTenantId(value) ? value : MALFORMED;
}

/** Returns a member of an object; `undefined` if it is inherited or missing. */
export function memberOf(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
    ? (holder as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
