import type { ProblemCode } from '../../problems/problem-catalogue';

/** The problems that every route can return. */
const ANY_ROUTE: readonly ProblemCode[] = ['invalid_request', 'headers_too_large', 'internal_error'];

/** The problems of a route that rejects unknown parameters and requires the current token of a key. */
export const POSSESSION: readonly ProblemCode[] = [
  ...ANY_ROUTE,
  'validation_failed',
  'missing_credential',
  'malformed_token',
  'invalid_token',
  'key_rotated',
  'key_revoked',
  'too_many_failures',
  'storage_unavailable',
];

/** The problems of a route that rejects unknown parameters and requires a valid key. */
export const GUARDED: readonly ProblemCode[] = [
  ...POSSESSION,
  'key_disabled',
  'key_expired',
  'owner_disabled',
  'tenant_suspended',
  'ip_not_allowed',
  'rate_limited',
  'rate_limiter_unavailable',
];

/** The problems of a route that also requires scopes. */
export const SCOPED: readonly ProblemCode[] = [...GUARDED, 'insufficient_scope'];

/** The additional problems of a route that reads a JSON body. */
export const JSON_BODY: readonly ProblemCode[] = [
  'invalid_json',
  'payload_too_large',
  'unsupported_media_type',
];

/** The additional problems of a route that accepts sessions. */
export const SESSION: readonly ProblemCode[] = ['invalid_session', 'user_disabled', 'issuer_unavailable'];
