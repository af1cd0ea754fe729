interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** The problems that Keyward can return, by their stable codes. `docs/problems.md` explains each. */
export const PROBLEM_CATALOGUE = {
  invalid_request: { status: 400, title: 'The request is malformed' },
  http_error: { status: 400, title: 'The application rejected the request' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  validation_failed: { status: 400, title: 'Some fields are invalid' },
  invalid_cursor: { status: 400, title: 'Invalid cursor' },
  invalid_scope: { status: 400, title: 'The requested scope is malformed' },
  too_many_fields: { status: 400, title: 'The request has too many GraphQL root fields' },
  binding_conflict: { status: 400, title: 'The request names two different tenants' },
  missing_credential: { status: 401, title: 'No API key was presented' },
  malformed_token: { status: 401, title: 'The token is malformed' },
  invalid_token: { status: 401, title: 'The API key is not valid' },
  key_rotated: { status: 401, title: 'This token was replaced by a newer one' },
  key_revoked: { status: 401, title: 'The API key is revoked' },
  key_disabled: { status: 401, title: 'The API key is disabled' },
  key_expired: { status: 401, title: 'The API key is expired' },
  owner_disabled: { status: 401, title: 'The owner of the API key is not active' },
  tenant_suspended: { status: 401, title: 'The organisation or the owner of the API key is suspended' },
  forbidden: { status: 403, title: 'This is not permitted' },
  ip_not_allowed: { status: 403, title: 'The API key may not be used from this address' },
  insufficient_scope: { status: 403, title: 'The API key lacks a required scope' },
  binding_mismatch: { status: 403, title: 'The API key is bound to another tenant' },
  access_undeclared: { status: 403, title: 'This route is closed because it declares no access' },
  delegation_exceeded: { status: 403, title: 'The caller cannot grant rights that it does not hold' },
  cost_exceeds_limit: { status: 403, title: 'The request costs more than a rate limit allows' },
  not_found: { status: 404, title: 'There is no such resource' },
  usage_not_recorded: { status: 404, title: 'This installation does not record usage' },
  invalid_session: { status: 401, title: 'The session is not valid' },
  user_name_mismatch: { status: 401, title: 'User name and password belong to different keys' },
  user_disabled: { status: 403, title: 'The user is disabled' },
  session_required: { status: 403, title: 'This route requires a signed-in user' },
  requirement_malformed: { status: 403, title: 'Invalid forward-auth requirement' },
  method_not_allowed: { status: 405, title: 'This path does not support the method' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  revoked_key_unchangeable: { status: 409, title: 'A revoked key cannot be changed' },
  expired_key_unchangeable: { status: 409, title: 'An expired key cannot be renewed or rotated' },
  policy_suspended: { status: 409, title: 'A suspended policy cannot be deleted' },
  key_limit_reached: {
    status: 409,
    title: 'The owner or organisation has reached the maximum number of keys',
  },
  username_taken: { status: 409, title: 'Another user has this name' },
  rotation_conflict: {
    status: 409,
    title: 'This is not the newest token of the key, or another rotation came first',
  },
  concurrent_change: { status: 409, title: 'Too many concurrent changes to this resource' },
  version_mismatch: { status: 412, title: 'The resource has changed since it was read' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The address is too long' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  rate_limited: { status: 429, title: 'A rate limit of the API key is used up' },
  too_many_failures: { status: 429, title: 'Too many failed credentials from this address' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  storage_unavailable: { status: 503, title: 'The key store cannot be reached' },
  issuer_unavailable: { status: 503, title: 'The identity provider cannot be reached' },
  rate_limiter_unavailable: { status: 503, title: 'The rate limiter is unavailable' },
  not_ready: { status: 503, title: 'This instance is not ready for requests' },
} as const satisfies Readonly<Record<string, ProblemKind>>;

/** A stable code of a problem. */
export type ProblemCode = keyof typeof PROBLEM_CATALOGUE;

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEM_CATALOGUE, code);
}
