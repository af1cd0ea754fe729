import type { ProblemCode } from '../../problems/problem-catalogue';

/** What any route may answer. */
const ANY_ROUTE: readonly ProblemCode[] = ['invalid_request', 'headers_too_large', 'internal_error'];

/** What a route that reads its parameters strictly and asks for the current token of a key may answer. */
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

/** What a route that reads its parameters strictly and asks for a valid key may answer. */
export const GUARDED: readonly ProblemCode[] = [
  ...POSSESSION,
  'key_disabled',
  'key_expired',
  'owner_disabled',
  'ip_not_allowed',
  'rate_limited',
  'rate_limiter_unavailable',
];

/** The same for a route that asks for scopes as well. */
export const SCOPED: readonly ProblemCode[] = [...GUARDED, 'insufficient_scope'];

/** What a route that reads a JSON body may answer besides. */
export const JSON_BODY: readonly ProblemCode[] = [
  'invalid_json',
  'payload_too_large',
  'unsupported_media_type',
];

/** What a route that takes sessions may answer besides. */
export const SESSION: readonly ProblemCode[] = ['invalid_session', 'user_disabled', 'issuer_unavailable'];
