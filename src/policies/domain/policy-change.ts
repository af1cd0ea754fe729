import type { PolicyId } from '../../api-keys/domain/policy-state';
import { recordChange } from '../../api-keys/domain/key-change';
import { changedRules, NO_RULES, type PolicyRules, type PolicyWithHistory, rulesOf } from './policy';

/** A change of a policy: the stored record, or its tombstone, and the new rules. */
export interface PolicyChange {
  readonly id: PolicyId;
  /** The stored record; `null` if no policy with this id was ever stored. */
  readonly stored: PolicyWithHistory | null;
  /** The rules afterwards; `null` deletes the policy. */
  readonly rules: PolicyRules | null;
  /** Who makes the change. */
  readonly by: string;
}

/**
 * Returns the record after a change: with the next version and a new history entry. A deletion leaves a tombstone without
 * rules. Returns `undefined` if nothing would change.
 */
export function changedPolicy(
  { id, stored, rules, by }: PolicyChange,
  now: Date,
): PolicyWithHistory | undefined {
  const isLive = stored !== null && stored.deletedAt === undefined;
  const after = rulesOf(rules);
  const fields = changedRules(isLive ? stored : NO_RULES, after);
  if (isLive ? rules !== null && fields.length === 0 : rules === null) return undefined;
  const made = stored === null ? 'created' : 'recreated';
  const told = fields.includes('status') || fields.includes('reason');
  const past = stored ?? { id, version: 0, history: [], historyDropped: 0 };
  const record: PolicyWithHistory = {
    ...past,
    ...after,
    createdAt: isLive ? stored.createdAt : now,
    updatedAt: now,
    deletedAt: rules === null ? now : undefined,
  };
  return recordChange(record, now, {
    action: rules === null ? 'deleted' : isLive ? 'updated' : made,
    by,
    fields,
    reason: told ? after.reason : undefined,
  });
}
