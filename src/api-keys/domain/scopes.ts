/** The format of a scope that can be granted. */
export const SCOPE = /^(?:\*|[a-z0-9._-]+(?::[a-z0-9._-]+)*(?::\*)?)$/;
/** The format of a scope that can be required: without a wildcard. */
export const REQUIRABLE_SCOPE = /^[a-z0-9._-]+(?::[a-z0-9._-]+)*$/;

/** The maximum length of a scope in characters. */
export const MAX_SCOPE_LENGTH = 128;

/** The maximum number of scopes of a key. */
export const MAX_SCOPES = 100;

/**
 * Returns whether `text` is a scope that can be granted: `*`, or lower-case ASCII segments joined by `:`.
 * The last segment may be `*`. The maximum length is 128 characters.
 */
export function isScope(text: string): boolean {
  return text.length <= MAX_SCOPE_LENGTH && SCOPE.test(text);
}

/** Returns whether `text` is a scope that can be required: one without a wildcard. */
export function isRequirableScope(text: string): boolean {
  return text.length <= MAX_SCOPE_LENGTH && REQUIRABLE_SCOPE.test(text);
}

/**
 * Returns whether a granted scope covers another scope, wildcards included: `memory:*` covers `memory:read`,
 * `memory:read:all` and `memory:read:*`, but neither `memory` nor `*`.
 */
export function scopeCovers(granted: string, wanted: string): boolean {
  if (granted === '*' || granted === wanted) return true;
  if (!granted.endsWith(':*')) return false;
  const stem = granted.slice(0, -1);
  return wanted.length > stem.length && wanted.startsWith(stem);
}

/** Returns whether a scope of `granted` covers `wanted`. An empty list covers nothing. */
export function grants(granted: readonly string[], wanted: string): boolean {
  for (const scope of granted) if (scopeCovers(scope, wanted)) return true;
  return false;
}

/**
 * Returns the scopes that both lists grant: of each pair in which one scope covers the other, the narrower one. It grants a
 * scope if and only if both lists grant it.
 */
export function commonScopes(one: readonly string[], other: readonly string[]): readonly string[] {
  const narrower = [
    ...one.filter((scope) => grants(other, scope)),
    ...other.filter((scope) => grants(one, scope)),
  ];
  return [...new Set(narrower)];
}

/** The scopes that a key must have: all of `allOf`, and at least one of each list in `anyOf`. */
export interface ScopeRequirement {
  readonly allOf: readonly string[];
  readonly anyOf: readonly (readonly string[])[];
}

/** Returns whether the granted scopes meet a requirement. */
export function meetsScopes(granted: readonly string[], required: ScopeRequirement): boolean {
  for (const scope of required.allOf) if (!grants(granted, scope)) return false;
  for (const list of required.anyOf) if (!list.some((scope) => grants(granted, scope))) return false;
  return true;
}
