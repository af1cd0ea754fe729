/** The form of a scope that may be granted. */
export const SCOPE = /^(?:\*|[a-z0-9._-]+(?::[a-z0-9._-]+)*(?::\*)?)$/;
/** The form of a scope that may be required: without a wildcard. */
export const REQUIRABLE_SCOPE = /^[a-z0-9._-]+(?::[a-z0-9._-]+)*$/;

/** How long a scope may be, in characters. */
export const MAX_SCOPE_LENGTH = 128;

/** How many scopes one key may hold. */
export const MAX_SCOPES = 100;

/**
 * Whether `text` is a scope that may be granted: `*`, or lower-case ASCII segments joined by `:` of which the
 * last may be `*`, at most 128 characters.
 */
export function isScope(text: string): boolean {
  return text.length <= MAX_SCOPE_LENGTH && SCOPE.test(text);
}

/** Whether `text` is a scope that may be required: one without a wildcard. */
export function isRequirableScope(text: string): boolean {
  return text.length <= MAX_SCOPE_LENGTH && REQUIRABLE_SCOPE.test(text);
}

/**
 * Whether one granted scope covers another scope, wildcards included: `memory:*` covers `memory:read`,
 * `memory:read:all` and `memory:read:*`, but neither `memory` nor `*`.
 */
export function scopeCovers(granted: string, wanted: string): boolean {
  if (granted === '*' || granted === wanted) return true;
  if (!granted.endsWith(':*')) return false;
  const stem = granted.slice(0, -1);
  return wanted.length > stem.length && wanted.startsWith(stem);
}

/** Whether some scope of `granted` covers `wanted`. An empty list covers nothing. */
export function grants(granted: readonly string[], wanted: string): boolean {
  for (const scope of granted) if (scopeCovers(scope, wanted)) return true;
  return false;
}

/** Which scopes a caller must hold: all of `allOf`, and of each list in `anyOf` at least one. */
export interface ScopeRequirement {
  readonly allOf: readonly string[];
  readonly anyOf: readonly (readonly string[])[];
}

/** Whether the granted scopes meet a requirement. */
export function meetsScopes(granted: readonly string[], required: ScopeRequirement): boolean {
  for (const scope of required.allOf) if (!grants(granted, scope)) return false;
  for (const list of required.anyOf) if (!list.some((scope) => grants(granted, scope))) return false;
  return true;
}
