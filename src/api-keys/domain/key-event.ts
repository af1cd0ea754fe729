import type { ApiKey, ApiKeyWithHistory } from './api-key';
import type { Binding } from './binding';
import type { HistoryAction } from './history';

/** Everything that can be told about a key. */
export const KEY_EVENT_TYPES = [
  'api-key.created',
  'api-key.updated',
  'api-key.rotated',
  'api-key.revoked',
  'api-key.expiring',
  'api-key.expired',
  'api-key.reuse_detected',
] as const;

/** What an event is about; the name under which a host application listens for it. */
export type KeyEventType = (typeof KEY_EVENT_TYPES)[number];

/** Something that happened to a key. Holds neither a token nor a hash, and no value of a field but its binding. */
export interface KeyEvent extends Binding {
  /** Stable: however often an event arrives, its id is the same. Deduplicate by it. */
  readonly id: string;
  readonly type: KeyEventType;
  readonly at: Date;
  readonly keyId: string;
  /** The owner and the binding are those that the key had afterwards. */
  readonly ownerId?: string | undefined;
  /** Who did it: `key:<id>`, `user:<id>`, `cli` or `system`. */
  readonly actor: string;
  /** The version that the change brought about; with a notice, the version it is about. */
  readonly version: number;
  /** The names of the fields that were changed. */
  readonly fields: readonly string[];
  /** With a notice of expiry: the moment from which on the key is expired. */
  readonly expiresAt?: Date | undefined;
}

/** How a host application's listeners are typed: `on<KeyEvents['api-key.created']>(…)`. */
export type KeyEvents = { readonly [Type in KeyEventType]: KeyEvent & { readonly type: Type } };

const TYPES: Readonly<Record<HistoryAction, KeyEventType>> = {
  created: 'api-key.created',
  imported: 'api-key.created',
  updated: 'api-key.updated',
  rotated: 'api-key.rotated',
  reused: 'api-key.reuse_detected',
  revoked: 'api-key.revoked',
};

/**
 * The event of the change that a record ends with. Its id is made of the key's and the version, so that a change that
 * is written or read twice is the same event.
 *
 * @throws RangeError for a record without history, which no stored one is
 */
export function changeEventOf(key: ApiKeyWithHistory): KeyEvent {
  const entry = key.history.at(-1);
  if (entry === undefined) throw new RangeError('a record without history');
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

/** The id of the event of a change. */
export function changeEventId(keyId: string, version: number): string {
  return `${keyId}-${version}`;
}

/** Whose key an event is about. Parts that the key lacks are missing. */
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

/**
 * Where an event stands among all others: by its time, and by its id among those of one millisecond. Compared as text.
 */
export function positionOf({ at, id }: Pick<KeyEvent, 'at' | 'id'>): string {
  return `${positionAt(at)}-${id}`;
}

/** The least position of a moment: every event at it or later stands behind, every earlier one before. */
export function positionAt(moment: Date): string {
  return String(Math.max(0, moment.getTime())).padStart(DIGITS, '0');
}

/** The order of a key's events: by version, for clocks of instances may differ; then by time, for notices share theirs. */
export function byVersion(one: KeyEvent, other: KeyEvent): number {
  return one.version - other.version || (positionOf(one) < positionOf(other) ? -1 : 1);
}
