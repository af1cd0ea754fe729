import { isDeepStrictEqual } from 'node:util';
import type { ApiKey, KeyMetadata } from './api-key';
import type { GrantRequest } from './grant-request';

/** A change to a key. An omitted field stays unchanged, and `null` clears a field. */
export interface KeyPatch extends Partial<GrantRequest> {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly metadata?: KeyMetadata | undefined;
  readonly externalId?: string | null | undefined;
  readonly enabled?: boolean | undefined;
}

const PATCHABLE = [
  'name',
  'description',
  'metadata',
  'externalId',
  'enabled',
  'scopes',
  'orgId',
  'projectId',
  'ownerId',
  'expiresAt',
  'allowedIps',
  'rateLimits',
] as const satisfies readonly (keyof KeyPatch)[];

/** The record after a patch, and the names of the fields with a new value. */
export interface PatchedKey<K extends ApiKey> {
  readonly key: K;
  readonly changed: readonly string[];
}

/** Applies a patch to a record. Does not change version and dates: `recordChange` does. */
export function applyPatch<K extends ApiKey>(key: K, patch: KeyPatch): PatchedKey<K> {
  const next: Record<string, unknown> = {};
  const changed: string[] = [];
  for (const field of PATCHABLE) {
    const asked = patch[field];
    if (asked === undefined) continue;
    const value = asked ?? (field === 'allowedIps' || field === 'rateLimits' ? [] : undefined);
    if (isDeepStrictEqual(key[field], value)) continue;
    next[field] = value;
    changed.push(field);
  }
  return { key: { ...key, ...next }, changed };
}
