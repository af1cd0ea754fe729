import { PROBLEM_CATALOGUE, type ProblemCode } from '../../problems/problem-catalogue';
import { ProblemException } from '../../problems/problem.exception';
import type { TenantContext } from '../domain/binding';
import type { DecisionCode, Requirement } from '../domain/decision';

type Refusal = Exclude<DecisionCode, 'VALID'> | 'USER_NAME_MISMATCH';

const REFUSALS: Readonly<Record<Refusal, readonly [ProblemCode, string]>> = {
  MALFORMED: ['malformed_token', 'Check that you copied the whole token and nothing else.'],
  NOT_FOUND: ['invalid_token', 'Present a valid API key.'],
  ROTATED: ['key_rotated', 'Use the token that the rotation returned.'],
  REVOKED: ['key_revoked', 'Ask for a new API key.'],
  DISABLED: ['key_disabled', 'Ask for the API key to be enabled.'],
  EXPIRED: ['key_expired', 'Ask for a new API key.'],
  OWNER_DISABLED: ['owner_disabled', 'Ask for the owner of the API key to be enabled.'],
  TENANT_SUSPENDED: [
    'tenant_suspended',
    'Ask for the organisation or the owner of the API key to be reactivated.',
  ],
  USER_NAME_MISMATCH: ['user_name_mismatch', 'Send the id of the key as the user name.'],
  IP_NOT_ALLOWED: ['ip_not_allowed', 'Call from an address on the allowlist of the API key.'],
  INSUFFICIENT_SCOPE: ['insufficient_scope', 'Use an API key that holds the required scopes'],
  BINDING_MISMATCH: ['binding_mismatch', 'Name the organisation and project that the API key is bound to.'],
};

/** The detail for a bound key if the request names no tenant, for example because the route parameter has another name. */
const NO_TENANT =
  'The API key is bound to a tenant, but this request names none. A request names its tenant in the route parameters ' +
  'orgId and projectId (or the names in tenant.params), or in X-Org-Id and X-Project-Id if the route reads them. A GraphQL ' +
  'field or a message names it in its arguments (or the names in tenant.args).';

/** Returns the response that RFC 6750 section 3.1 specifies for a decision that rejects the request. */
export function refusalOf(
  code: Refusal,
  { scopes, tenant }: Pick<Requirement, 'scopes' | 'tenant'>,
  realm: string,
): ProblemException {
  const [problemCode, detail] = REFUSALS[code];
  if (PROBLEM_CATALOGUE[problemCode].status === 401) {
    return challenged(problemCode, detail, realm, 'invalid_token');
  }
  if (code === 'BINDING_MISMATCH' && namesNothing(tenant))
    return ProblemException.from(problemCode, NO_TENANT);
  if (code !== 'INSUFFICIENT_SCOPE') return ProblemException.from(problemCode, detail);
  const scope = [...new Set([...scopes.allOf, ...scopes.anyOf.flat()])].join(' ');
  return challenged(problemCode, `${detail}: ${scope}`, realm, 'insufficient_scope', scope);
}

function namesNothing(tenant: TenantContext | undefined): boolean {
  return tenant?.orgId === undefined && tenant?.projectId === undefined;
}

/** Returns the problem for an invalid session. */
export function invalidSession(detail: string, realm: string): ProblemException {
  return challenged('invalid_session', detail, realm, 'invalid_token');
}

/** Returns the problem for a missing credential. Its challenge has no error code (RFC 6750 section 3.1). */
export function missingCredential(realm: string): ProblemException {
  return challenged(
    'missing_credential',
    'Send "Authorization: Bearer <token>" or "X-API-Key: <token>".',
    realm,
  );
}

/** Returns the problem for more than one credential. */
export function ambiguousCredential(realm: string): ProblemException {
  return challenged('invalid_request', 'Send one API key, and each header once.', realm, 'invalid_request');
}

function challenged(
  code: ProblemCode,
  detail: string,
  realm: string,
  error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope',
  scope?: string,
): ProblemException {
  const challenge = [
    `Bearer realm="${realm}"`,
    ...(error === undefined
      ? []
      : [`error="${error}"`, `error_description="${PROBLEM_CATALOGUE[code].title}"`]),
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
  ].join(', ');
  return ProblemException.from(code, detail, { 'WWW-Authenticate': challenge });
}
