import { isDeepStrictEqual } from 'node:util';
import type { ApiKey, ApiKeyWithHistory, Imposed } from './api-key';
import { exceededFields } from './delegation';
import type { HistoryEntry } from './history';
import type { KeyPatch } from './key-patch';
import { rateLimitsKeep } from './rate-limit';

const RESTRICTIONS = ['enabled', 'expiresAt', 'allowedIps', 'rateLimits'] as const;

/** A field that restricts a key. Its owner cannot loosen it if someone else set it. */
export type Restriction = (typeof RESTRICTIONS)[number];

/**
 * Returns the restrictions of a key that others set. Reads the history for versions that `imposed` does not cover. There, a
 * field counts as set by others unless the history proves that only the owner set it.
 */
export function imposedOn(key: ApiKeyWithHistory): Imposed {
  const known = key.imposed ?? { version: 0 };
  const later = key.history.filter(({ version }) => version > known.version);
  const isComplete = later.length === key.version - known.version;
  const byOthers = RESTRICTIONS.filter(
    (field) => !isComplete || later.some((entry) => isSetByOthers(entry, field, key.ownerId)),
  );
  return impose(known, key, byOthers);
}

/**
 * Returns, after a change of a key, the restrictions that others set; `undefined` for a key without an owner.
 *
 * @param after the changed record, with the change as its newest history entry
 * @param byOwner whether the change was made for the owner: by the owner's session, or by a key of the owner
 */
export function imposedAfter(
  before: ApiKeyWithHistory,
  after: ApiKeyWithHistory,
  byOwner: boolean,
): Imposed | undefined {
  if (after.ownerId === undefined) return undefined;
  const isSameOwner = before.ownerId === after.ownerId;
  const changed = after.history.at(-1)?.fields ?? [];
  const byOthers = RESTRICTIONS.filter((field) => !byOwner && (!isSameOwner || changed.includes(field)));
  return impose(isSameOwner ? imposedOn(before) : { version: 0 }, after, byOthers);
}

/**
 * Returns the changed fields in which a change loosens a key beyond the restrictions that others set. A limit that others set
 * also keeps its name.
 */
export function loosenedFields(
  before: ApiKeyWithHistory,
  after: ApiKey,
  changed: readonly string[],
): readonly Restriction[] {
  const { enabled, expiresAt, allowedIps = [], rateLimits = [] } = imposedOn(before);
  const exceeded = new Set<string>([
    ...(enabled === false && after.enabled ? ['enabled'] : []),
    ...exceededFields({ scopes: ['*'], expiresAt, allowedIps, rateLimits: [] }, after),
    ...(rateLimitsKeep(rateLimits, after.rateLimits) ? [] : ['rateLimits']),
  ]);
  return RESTRICTIONS.filter((field) => changed.includes(field) && exceeded.has(field));
}

/**
 * Returns the changed fields in which a change loosens a key, unless the history proves that only the owner and this actor have set
 * them. The creation sets every field. It does not count for `enabled` if a later change set that, because the first such change
 * of a key that was created enabled disables it.
 */
export function loosenedBeyond(
  before: ApiKeyWithHistory,
  after: ApiKey,
  changed: readonly string[],
  actor: string,
): readonly Restriction[] {
  const wider = new Set<string>(exceededFields(before, after));
  if (after.enabled) wider.add('enabled');
  const isProven = (field: Restriction): boolean => {
    const later = before.history.filter(
      ({ fields = [] }) => fields.includes(field) || fields.includes('ownerId'),
    );
    const entries = field === 'enabled' && later.length > 0 ? later : [before.history[0], ...later];
    return (
      before.historyDropped === 0 &&
      entries.every((entry) => entry?.by === actor || entry?.by === `user:${before.ownerId ?? ''}`)
    );
  };
  return RESTRICTIONS.filter((field) => changed.includes(field) && wider.has(field) && !isProven(field));
}

/**
 * Returns the restrictions that a patch repeats unchanged and that others have not set yet. If someone other than the owner
 * sends such a patch, it confirms them, and the owner can no longer loosen them.
 */
export function confirmedFields(key: ApiKeyWithHistory, patch: KeyPatch): readonly Restriction[] {
  if (key.ownerId === undefined) return [];
  const imposed = imposedOn(key);
  const confirmed = impose(imposed, key, RESTRICTIONS);
  return RESTRICTIONS.filter(
    (field) =>
      patch[field] !== undefined &&
      confirmed[field] !== undefined &&
      !isDeepStrictEqual(confirmed[field], imposed[field]),
  );
}

function isSetByOthers(entry: HistoryEntry, field: Restriction, ownerId: string | undefined): boolean {
  const { action, by, fields = [] } = entry;
  if (fields.includes('ownerId')) return true;
  // Former releases recorded a change of the only limit as `rateLimit`.
  const isChanged = fields.includes(field) || (field === 'rateLimits' && fields.includes('rateLimit'));
  const isSet = action === 'created' || action === 'imported' || isChanged;
  return isSet && by !== `user:${ownerId ?? ''}`;
}

/** Replaces the given fields with the current restrictions of the key. Keeps parts that a later release added. */
function impose(former: Imposed, key: ApiKey, fields: readonly Restriction[]): Imposed {
  const { enabled, expiresAt, allowedIps, rateLimits, ...others } = former;
  const now: Omit<Imposed, 'version'> = {
    enabled: key.enabled ? undefined : false,
    expiresAt: key.expiresAt,
    allowedIps: key.allowedIps.length > 0 ? key.allowedIps : undefined,
    rateLimits: key.rateLimits.length > 0 ? key.rateLimits : undefined,
  };
  const parts = { enabled, expiresAt, allowedIps, rateLimits };
  const merged = RESTRICTIONS.map((field) => [field, (fields.includes(field) ? now : parts)[field]] as const);
  return {
    ...others,
    ...Object.fromEntries(merged.filter(([, value]) => value !== undefined)),
    version: key.version,
  };
}
