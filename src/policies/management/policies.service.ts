import { Inject, Injectable, Optional, type Type } from '@nestjs/common';
import { type Caller, isUnlimited } from '../../api-keys/domain/caller';
import type { History } from '../../api-keys/domain/history';
import { DEFAULT_POLICY_ID, type PolicyId, type PolicyState } from '../../api-keys/domain/policy-state';
import { DelegationExceededError } from '../../api-keys/management/api-keys.errors';
import type { ChangeOptions } from '../../api-keys/management/api-keys.service';
import { requireCaller } from '../../api-keys/management/grant-checks';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../../api-keys/options/api-keys.options';
import { type Clock, CLOCK } from '../../api-keys/ports/clock';
import { POLICY_CHANGE_LISTENER, type PolicyChangeListener } from '../../api-keys/ports/outbox';
import { type Redaction, redactionOf } from '../../common/redaction';
import { retried } from '../../common/retried';
import { type MemberRules, requireMembers, SWITCH } from '../../problems/members';
import { UnacceptableFieldError } from '../../problems/unacceptable-field.error';
import { readStrictly } from '../../problems/validation';
import { loosenedRules, uncoveredScopes } from '../domain/loosened-rules';
import {
  isPolicyId,
  NO_RULES,
  patchedRules,
  type Policy,
  type PolicyAction,
  policyEventOf,
  type PolicyPatch,
  type PolicyRules,
  type PolicyWithHistory,
  stateOf,
  subjectOf,
} from '../domain/policy';
import { changedPolicy } from '../domain/policy-change';
import {
  PoliciesForbiddenError,
  PolicyChangedError,
  PolicyNotFoundError,
  PolicySuspendedError,
} from '../policies.errors';
import { POLICY_REPOSITORY, type PolicyRepository } from '../storage/policy.repository';
import { PatchPolicyDto, PutPolicyDto } from './dto/policy-request.dto';

/** The rules of a new or replaced policy. The status is required, so that omitting it cannot resume a suspended policy. */
export type NewPolicy = PolicyPatch & Pick<PolicyRules, 'status'>;

/** Options of a replacement. */
export interface PutPolicyOptions extends ChangeOptions {
  /** Replaces only an existing policy if true, and only creates one if false; otherwise throws `PolicyChangedError`. */
  readonly exists?: boolean | undefined;
}

/** A policy after a replacement. */
export interface PutPolicy {
  readonly policy: Policy;
  /** Whether the policy did not exist before. */
  readonly isNew: boolean;
}

const OPTIONS: MemberRules<PutPolicyOptions> = {
  ifVersion: {
    message: 'must be a list of versions',
    passes: (value) => Array.isArray(value) && value.every(Number.isInteger),
  },
  exists: SWITCH,
};

/** Returns the new rules; `null` deletes the policy. */
type Next = (before: PolicyWithHistory | null) => PolicyRules | null;

/**
 * Manages policies on behalf of a caller. Every caller that sees all keys can restrict an organisation or owner. To loosen a
 * restriction, the caller must hold every scope that the policy allows afterwards. Decision record 0092 describes the rule.
 * All methods throw `StorageUnavailableError` if the store cannot answer.
 *
 * @example
 * await policies.patch(rootCaller('system'), 'org:acme', { status: 'suspended', reason: 'unpaid' });
 */
@Injectable()
export class PoliciesService {
  private readonly redact: Redaction;

  /** @internal Nest calls this constructor. */
  constructor(
    @Inject(POLICY_REPOSITORY) private readonly policies: PolicyRepository,
    @Inject(API_KEYS_OPTIONS) { tokens }: ApiKeysOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Optional() @Inject(POLICY_CHANGE_LISTENER) private readonly listener?: PolicyChangeListener,
  ) {
    this.redact = redactionOf(tokens?.importPrefixes);
  }

  /**
   * Returns a policy. Only a caller without a binding and without an owner gets its reason.
   *
   * @throws PolicyNotFoundError if the policy does not exist or the caller cannot see it
   */
  async get(caller: Caller, id: PolicyId): Promise<Policy> {
    const { history: _history, historyDropped: _dropped, ...policy } = await this.seen(caller, id);
    return isUnlimited(caller) ? policy : { ...policy, reason: undefined };
  }

  /**
   * Returns the changes of a policy, oldest first. Only a caller without a binding and without an owner gets the reasons.
   *
   * @throws PolicyNotFoundError if the policy does not exist or the caller cannot see it
   */
  async history(caller: Caller, id: PolicyId): Promise<History<PolicyAction>> {
    const { history, historyDropped } = await this.seen(caller, id);
    const shown = isUnlimited(caller) ? history : history.map(({ reason: _reason, ...entry }) => entry);
    return { history: shown, historyDropped };
  }

  /**
   * Creates a policy, or replaces all its rules. A rule that is left out restricts nothing afterwards.
   *
   * @throws PoliciesForbiddenError, DelegationExceededError, UnacceptableFieldError, PolicyChangedError
   */
  async put(
    caller: Caller,
    id: PolicyId,
    given: NewPolicy,
    options: PutPolicyOptions = {},
  ): Promise<PutPolicy> {
    const rules = patchedRules(NO_RULES, this.checked(PutPolicyDto, given));
    return this.change(caller, id, options, (before) => {
      const exists = options.exists ?? (options.ifVersion === undefined ? undefined : true);
      if (exists !== undefined && exists !== (before !== null))
        throw new PolicyChangedError('version_mismatch');
      return rules;
    });
  }

  /**
   * Changes the rules of a policy that exists. A change of the status without a reason removes the former reason.
   *
   * @throws PolicyNotFoundError, PoliciesForbiddenError, DelegationExceededError, UnacceptableFieldError, PolicyChangedError
   */
  async patch(
    caller: Caller,
    id: PolicyId,
    given: PolicyPatch,
    options: ChangeOptions = {},
  ): Promise<Policy> {
    const patch = this.checked(PatchPolicyDto, given);
    const { policy } = await this.change(caller, id, options, (before) => {
      if (before === null) throw new PolicyNotFoundError();
      return patchedRules(before, patch);
    });
    return policy;
  }

  /**
   * Deletes a policy and keeps its tombstone, so that every instance learns of the deletion. Deleting it again changes
   * nothing.
   *
   * @throws PolicyNotFoundError if no policy with this id was ever stored
   * @throws PolicySuspendedError if the policy is suspended
   * @throws PoliciesForbiddenError, DelegationExceededError, PolicyChangedError
   */
  async remove(caller: Caller, id: PolicyId, options: ChangeOptions = {}): Promise<void> {
    await this.change(caller, id, options, (before) => {
      if (before !== null && before.status !== 'active') throw new PolicySuspendedError();
      return null;
    });
  }

  /** Reads a policy, computes the change, and writes it if the stored version is still the same. Otherwise tries again. */
  private async change(
    caller: Caller,
    id: PolicyId,
    options: PutPolicyOptions,
    next: Next,
  ): Promise<PutPolicy> {
    requireCaller(caller);
    requireMembers(options, OPTIONS);
    if (!isUnlimited(caller)) throw new PoliciesForbiddenError();
    requirePolicyId(id);
    const { ifVersion } = options;
    const attempt = async (): Promise<PutPolicy | undefined> => {
      const stored = await this.policies.findWithHistory(id);
      const before = stored?.deletedAt === undefined ? stored : null;
      if (before !== null && ifVersion?.includes(before.version) === false)
        throw new PolicyChangedError('version_mismatch');
      const rules = next(before);
      if (rules === null && stored === null) throw new PolicyNotFoundError();
      if (id === DEFAULT_POLICY_ID && rules?.status === 'suspended') {
        throw new UnacceptableFieldError(
          '/status',
          'must be "active", because the default policy cannot be suspended: suspend an organisation or an owner',
        );
      }
      const after = changedPolicy({ id, stored, rules, by: caller.actor }, this.clock.now());
      const isNew = before === null;
      if (after === undefined) return stored === null ? undefined : { policy: stored, isNew };
      await this.requireLooseningCovered(caller, before, after);
      if (!(await this.policies.save(after))) return undefined;
      this.listener?.happened(policyEventOf(after));
      return { policy: after, isNew };
    };
    return retried(attempt, () => new PolicyChangedError('concurrent_change'));
  }

  private async requireLooseningCovered(
    caller: Caller,
    before: PolicyWithHistory | null,
    after: PolicyWithHistory,
  ): Promise<void> {
    // The first policy of an organisation may suspend it, even if the default policy is tighter in other rules: no key works,
    // and the caller that resumes it is checked.
    if (before === null && after.status === 'suspended') return;
    const [from, to] = [await this.effective(after.id, before), await this.effective(after.id, after)];
    const loosened = loosenedRules(from, to);
    if (loosened.length === 0) return;
    if (caller.isRetiring !== true && uncoveredScopes(caller.scopes, to).length === 0) return;
    throw new DelegationExceededError(
      loosened,
      `Only a caller that holds every scope that the policy allows afterwards, by the newest token of its key, may loosen: ${loosened.join(', ')}.`,
    );
  }

  /** Returns what applies to the keys of a policy. The default policy applies to an organisation without its own. */
  private async effective(id: PolicyId, policy: Policy | null): Promise<PolicyState> {
    const own = stateOf(id, policy);
    if (own.exists || subjectOf(id).orgId === undefined) return own;
    return stateOf(DEFAULT_POLICY_ID, await this.policies.find(DEFAULT_POLICY_ID));
  }

  private async seen(caller: Caller, id: PolicyId): Promise<PolicyWithHistory> {
    requireCaller(caller);
    const found = isPolicyId(id) && isSeen(caller, id) ? await this.policies.findWithHistory(id) : null;
    if (found === null || found.deletedAt !== undefined) throw new PolicyNotFoundError();
    return found;
  }

  private checked(type: Type<PolicyPatch>, given: object): PolicyPatch {
    const read = readStrictly(type, given);
    if ('faults' in read) throw new UnacceptableFieldError(read.faults);
    const { reason, rateLimits, ...patch } = read.value;
    return {
      ...patch,
      // The report of a leak may quote the token.
      reason: typeof reason === 'string' ? this.redact(reason) : reason,
      rateLimits:
        rateLimits?.map(({ name, limit, windowSeconds }) => ({ name, limit, windowSeconds })) ?? rateLimits,
    };
  }
}

/** Returns whether a caller sees a policy: every one, or only those that apply to the caller's own organisation or owner. */
function isSeen(caller: Caller, id: PolicyId): boolean {
  if (isUnlimited(caller)) return true;
  const { orgId, ownerId } = subjectOf(id);
  if (orgId !== undefined) return orgId === caller.grant.orgId;
  return ownerId !== undefined && ownerId === caller.grant.ownerId;
}

function requirePolicyId(id: PolicyId): void {
  if (isPolicyId(id)) return;
  const { orgId, ownerId } = subjectOf(id);
  if (orgId !== undefined)
    throw new UnacceptableFieldError('/orgId', 'must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ -');
  if (ownerId !== undefined)
    throw new UnacceptableFieldError('/ownerId', 'must be 1 to 128 visible ASCII characters, without spaces');
  throw new UnacceptableFieldError('/id', 'must be "default", or "org:" or "owner:" and an id');
}
