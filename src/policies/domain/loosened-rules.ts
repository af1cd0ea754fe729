import type { PolicyState } from '../../api-keys/domain/policy-state';
import { rateLimitsCover } from '../../api-keys/domain/rate-limit';
import { grants } from '../../api-keys/domain/scopes';
import type { PolicyRules } from './policy';

type LoosenedRule = Exclude<keyof PolicyRules, 'reason'>;

const LOOSENED: Readonly<Record<LoosenedRule, (before: PolicyState, after: PolicyState) => boolean>> = {
  status: (before, after) => before.suspended && !after.suspended,
  rateLimits: (before, after) => !rateLimitsCover(before.rateLimits, after.rateLimits),
  allowedScopes: ({ allowedScopes: before }, { allowedScopes: after }) =>
    before !== undefined && (after === undefined || !after.every((scope) => grants(before, scope))),
  maxKeys: (before, after) => isHigher(before.maxKeys, after.maxKeys),
  maxTtlDays: (before, after) => isHigher(before.maxTtlDays, after.maxTtlDays),
};

/**
 * Returns the rules that restrict keys less than before; empty if every key can do at most what it could before.
 * Decision record 0092 describes who may loosen a rule.
 */
export function loosenedRules(before: PolicyState, after: PolicyState): readonly LoosenedRule[] {
  return (Object.keys(LOOSENED) as LoosenedRule[]).filter((name) => LOOSENED[name](before, after));
}

/** Returns the scopes of `after` that a caller with these scopes does not hold. No list means every scope. */
export function uncoveredScopes(
  held: readonly string[],
  { allowedScopes = ['*'] }: PolicyState,
): readonly string[] {
  return allowedScopes.filter((scope) => !grants(held, scope));
}

function isHigher(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && (after === undefined || after > before);
}
