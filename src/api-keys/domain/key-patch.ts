import { isDeepStrictEqual } from 'node:util';
import type { ApiKey, KeyMetadata } from './api-key';
import type { GrantRequest } from './grant-request';

/** A change of a key. A part that is left out stays as it is; `null` clears it. */
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
  'rateLimit',
] as const satisfies readonly (keyof KeyPatch)[];

/** The record as it is after a patch, and the names of the fields that the patch really changes. */
export interface PatchedKey<K extends ApiKey> {
  readonly key: K;
  readonly changed: readonly string[];
}

/** Applies a patch to a record. Version and dates are left alone; they belong to the change that stores it. */
export function applyPatch<K extends ApiKey>(key: K, patch: KeyPatch): PatchedKey<K> {
  const next: Record<string, unknown> = {};
  const changed: string[] = [];
  for (const field of PATCHABLE) {
    const asked = patch[field];
    if (asked === undefined) continue;
    const value = asked ?? (field === 'allowedIps' ? [] : undefined);
    if (isDeepStrictEqual(key[field], value)) continue;
    next[field] = value;
    changed.push(field);
  }
  return { key: { ...key, ...next }, changed };
}
