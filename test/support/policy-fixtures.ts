import type { PolicyId } from '../../src/api-keys/domain/policy-state';
import type { PolicyRules, PolicyWithHistory } from '../../src/policies/domain/policy';
import { changedPolicy } from '../../src/policies/domain/policy-change';

let moment = Date.parse('2030-06-01T12:00:00Z');

/** Every rule set. */
export const FULL_RULES: PolicyRules = {
  status: 'suspended',
  reason: 'unpaid',
  rateLimits: [{ name: 'per-minute', limit: 100, windowSeconds: 60 }],
  allowedScopes: ['memory:*'],
  maxKeys: 50,
  maxTtlDays: 90,
};

/** Returns the next version of a policy, made a second later. `null` as rules deletes it. */
export function nextPolicy(
  id: PolicyId,
  stored: PolicyWithHistory | null,
  rules: PolicyRules | null,
): PolicyWithHistory {
  moment += 1000;
  const next = changedPolicy({ id, stored, rules, by: 'cli' }, new Date(moment));
  if (next === undefined) throw new Error('this change changes nothing');
  return next;
}
