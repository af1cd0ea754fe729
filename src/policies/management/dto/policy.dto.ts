import { INT64 } from '../../../common/int64';
import type { History, HistoryEntry } from '../../../api-keys/domain/history';
import type { PolicyId } from '../../../api-keys/domain/policy-state';
import { ApiProperty, ApiSchema } from '../../../openapi/decorators';
import type { Policy, PolicyAction, PolicyStatus } from '../../domain/policy';
import { RateLimitDto } from '../../../api-keys/management/dto/rate-limit.dto';

/** The policy of an organisation, of an owner, or of every organisation without a policy of its own. */
@ApiSchema({ name: 'Policy' })
export class PolicyDto {
  /**
   * `org:` or `owner:` and an id, or `default`.
   * @example "org:acme"
   */
  @ApiProperty({ type: String })
  id!: PolicyId;

  /**
   * While `suspended`, no key of the organisation or owner works.
   * @example "active"
   */
  @ApiProperty({ enum: ['active', 'suspended'], enumName: 'PolicyStatus' })
  status!: PolicyStatus;

  /**
   * Why the status is what it is. Always null for callers with a binding or an owner.
   * @example "unpaid invoice"
   */
  reason!: string | null;

  /** Limits that all keys of the organisation or owner share. */
  rateLimits!: RateLimitDto[];

  /**
   * The scopes that keys can use at most. An empty list allows no scope; `null` does not narrow keys.
   * @example ["memory:*"]
   */
  allowedScopes!: string[] | null;

  /**
   * The maximum number of live keys.
   * @example 50
   */
  @ApiProperty(INT64)
  maxKeys!: number | null;

  /**
   * The maximum lifetime of a new expiry, in days.
   * @example 90
   */
  @ApiProperty(INT64)
  maxTtlDays!: number | null;

  /**
   * The version of the policy, which is also its `ETag`. Every change increments it.
   * @example 1
   */
  @ApiProperty(INT64)
  version!: number;

  /** @example "2026-11-24T09:30:00.000Z" */
  createdAt!: Date;

  /** @example "2026-11-24T09:30:00.000Z" */
  updatedAt!: Date;

  /** Returns the public part of a record. Lists each field by name, so that a new field stays internal until it is added here. */
  static of(policy: Policy): PolicyDto {
    return {
      id: policy.id,
      status: policy.status,
      reason: policy.reason ?? null,
      rateLimits: policy.rateLimits.map(({ name, limit, windowSeconds }) => ({ name, limit, windowSeconds })),
      allowedScopes: policy.allowedScopes ? [...policy.allowedScopes] : null,
      maxKeys: policy.maxKeys ?? null,
      maxTtlDays: policy.maxTtlDays ?? null,
      version: policy.version,
      createdAt: policy.createdAt,
      updatedAt: policy.updatedAt,
    };
  }
}

/** One change of a policy. */
@ApiSchema({ name: 'PolicyHistoryEntry' })
export class PolicyHistoryEntryDto {
  /** @example "updated" */
  action!: PolicyAction;

  /** @example "2026-11-24T09:30:00.000Z" */
  at!: Date;

  /**
   * Who made the change.
   * @example "key:01jd8x4k2m6n8p0q2r4s6t8v0v"
   */
  by!: string;

  /**
   * The version of the policy after the change.
   * @example 2
   */
  @ApiProperty(INT64)
  version!: number;

  /**
   * The rules that changed.
   * @example ["status", "reason"]
   */
  fields!: string[];

  /** The reason after the change, if the status or the reason changed. Always null for callers with a binding or an owner. */
  reason!: string | null;

  static of({
    action,
    at,
    by,
    version,
    fields = [],
    reason,
  }: HistoryEntry<PolicyAction>): PolicyHistoryEntryDto {
    return { action, at, by, version, fields: [...fields], reason: reason ?? null };
  }
}

/** The changes of a policy, oldest first. */
@ApiSchema({ name: 'PolicyHistory' })
export class PolicyHistoryDto {
  data!: PolicyHistoryEntryDto[];

  /**
   * The number of entries that were dropped from the history. The history keeps the creation and the last 100 entries.
   * @example 0
   */
  @ApiProperty(INT64)
  dropped!: number;

  static of({ history, historyDropped }: History<PolicyAction>): PolicyHistoryDto {
    return { data: history.map((entry) => PolicyHistoryEntryDto.of(entry)), dropped: historyDropped };
  }
}
