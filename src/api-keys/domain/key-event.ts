import type { ApiKey, ApiKeyWithHistory } from './api-key';
import type { Binding } from './binding';
import type { HistoryAction } from './history';
import type { PolicyId } from './policy-state';

/** All types of events about keys. */
export const KEY_EVENT_TYPES = [
  'api-key.created',
  'api-key.updated',
  'api-key.rotated',
  'api-key.revoked',
  'api-key.expiring',
  'api-key.expired',
  'api-key.reuse_detected',
] as const;

/** The type of an event about a key, and the name under which a host application listens for it. */
export type KeyEventType = (typeof KEY_EVENT_TYPES)[number];

/** All types of events about policies. */
export const POLICY_EVENT_TYPES = ['policy.changed', 'policy.suspended', 'policy.resumed'] as const;

/** The type of an event about a policy, and the name under which a host application listens for it. */
export type PolicyEventType = (typeof POLICY_EVENT_TYPES)[number];

/** All types of events. */
export const EVENT_TYPES: readonly (KeyEventType | PolicyEventType)[] = [
  ...KEY_EVENT_TYPES,
  ...POLICY_EVENT_TYPES,
];

/**
 * An event about a key or a policy. Contains no token, no hash, and no values of fields except owner, binding and expiry.
 */
export interface AuditEvent extends Binding {
  /** The same id in every delivery of an event. Use it to detect duplicates. */
  readonly id: string;
  readonly type: KeyEventType | PolicyEventType;
  readonly at: Date;
  /**
   * The id of the key. In an event about a policy it is the id of the policy, so that a store keeps the events of one
   * record in order without knowing what the record is.
   */
  readonly keyId: string;
  /** The id of the policy. Only events about policies have it. */
  readonly policyId?: PolicyId | undefined;
  /** The owner and the binding are those of the key after the change, or those that the policy applies to. */
  readonly ownerId?: string | undefined;
  /** Who did it: `key:<id>`, `user:<id>`, `cli` or `system`. */
  readonly actor: string;
  /** The version of the key or policy after the change, or at the time of the notice. */
  readonly version: number;
  /** The names of the changed fields. */
  readonly fields: readonly string[];
  /** When the key expires. Only notices of expiry have it. */
  readonly expiresAt?: Date | undefined;
}

/** An event about a key. */
export interface KeyEvent extends AuditEvent {
  readonly type: KeyEventType;
}

/** An event about a policy. Contains neither the values of its restrictions nor the reason of a suspension. */
export interface PolicyEvent extends AuditEvent {
  readonly type: PolicyEventType;
  readonly policyId: PolicyId;
}

/** Maps the type of an event to the event, for listeners of a host application: `on<KeyEvents['api-key.created']>(…)`. */
export type KeyEvents = { readonly [Type in KeyEventType]: KeyEvent & { readonly type: Type } } & {
  readonly [Type in PolicyEventType]: PolicyEvent & { readonly type: Type };
};

const TYPES: Readonly<Record<HistoryAction, KeyEventType>> = {
  created: 'api-key.created',
  imported: 'api-key.created',
  updated: 'api-key.updated',
  rotated: 'api-key.rotated',
  reused: 'api-key.reuse_detected',
  revoked: 'api-key.revoked',
};

/**
 * Returns the event of the newest change of a record. Its id consists of the key id and the version, so that a change that is
 * written or read twice causes the same event.
 *
 * @throws RangeError if the record has no history; every stored record has one
 */
export function changeEventOf(key: ApiKeyWithHistory): KeyEvent {
  const entry = key.history.at(-1);
  if (entry === undefined) throw new RangeError('the record has no history entry');
  return {
    id: changeEventId(key.id, entry.version),
    type: TYPES[entry.action],
    at: entry.at,
    ...partiesOf(key),
    actor: entry.by,
    version: entry.version,
    fields: entry.fields ?? [],
  };
}

/** Returns the id of the event of a change. */
export function changeEventId(keyId: string, version: number): string {
  return `${keyId}-${version}`;
}

/** Returns the id, the owner and the binding of a key for an event. Omits the parts that the key lacks. */
export function partiesOf({
  id,
  orgId,
  projectId,
  ownerId,
}: Pick<ApiKey, 'id' | 'orgId' | 'projectId' | 'ownerId'>): Pick<
  KeyEvent,
  'keyId' | 'orgId' | 'projectId' | 'ownerId'
> {
  return {
    keyId: id,
    ...(orgId !== undefined && { orgId }),
    ...(projectId !== undefined && { projectId }),
    ...(ownerId !== undefined && { ownerId }),
  };
}

const DIGITS = 15;

/** Returns the position of an event in the audit trail, as text that sorts by time, and by id within one millisecond. */
export function positionOf({ at, id }: Pick<AuditEvent, 'at' | 'id'>): string {
  return `${positionAt(at)}-${id}`;
}

/** Returns the lowest position of a moment. Events at or after the moment sort after it, and earlier events before it. */
export function positionAt(moment: Date): string {
  return String(Math.max(0, moment.getTime())).padStart(DIGITS, '0');
}

/**
 * Compares two events of one key or policy: by version, because clocks of instances may differ; then by time, because a notice has
 * the version of the change before it.
 */
export function byVersion(one: AuditEvent, other: AuditEvent): number {
  return one.version - other.version || (positionOf(one) < positionOf(other) ? -1 : 1);
}
