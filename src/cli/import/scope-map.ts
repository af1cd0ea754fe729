import { isScope } from '../../api-keys/domain/scopes';

/** A translation of scopes of another system. Each of them becomes one or more scopes. */
export type ScopeMap = ReadonlyMap<string, readonly string[]>;

/**
 * Reads entries such as `*=memory:*`. The part before the last `=` is the scope of the other system, compared exactly.
 * If several entries have the same scope, it becomes all of theirs.
 *
 * @returns the map, or the first invalid entry
 */
export function readScopeMap(
  entries: readonly string[],
): { readonly map: ScopeMap } | { readonly wrong: string } {
  const map = new Map<string, readonly string[]>();
  for (const entry of entries) {
    const at = entry.lastIndexOf('=');
    const [from, to] = [entry.slice(0, Math.max(at, 0)), entry.slice(at + 1)];
    if (from === '' || !isScope(to)) return { wrong: entry };
    map.set(from, [...(map.get(from) ?? []), to]);
  }
  return { map };
}

/** Translates a list of scopes. Returns scopes that are not in the map, and values that are not a list, unchanged. */
export function mapScopes(scopes: unknown, map: ScopeMap): unknown {
  if (map.size === 0 || !Array.isArray(scopes)) return scopes;
  const mapped = (scopes as readonly unknown[]).flatMap((scope): readonly unknown[] =>
    typeof scope === 'string' ? (map.get(scope) ?? [scope]) : [scope],
  );
  return [...new Set(mapped)];
}
