import { allowlistCovers } from './allowed-ips';
import type { ApiKey, Grant } from './api-key';
import { rateLimitsCover } from './rate-limit';
import { grants } from './scopes';

/** The fields of a grant that delegation compares. */
export type GrantField =
  'scopes' | 'orgId' | 'projectId' | 'ownerId' | 'expiresAt' | 'allowedIps' | 'rateLimits';

const COVERS: Readonly<Record<GrantField, (outer: Grant, inner: Grant) => boolean>> = {
  scopes: (outer, inner) => inner.scopes.every((scope) => grants(outer.scopes, scope)),
  orgId: (outer, inner) => outer.orgId === undefined || outer.orgId === inner.orgId,
  projectId: (outer, inner) => outer.projectId === undefined || outer.projectId === inner.projectId,
  ownerId: (outer, inner) => outer.ownerId === undefined || outer.ownerId === inner.ownerId,
  expiresAt: (outer, inner) =>
    outer.expiresAt === undefined ||
    (inner.expiresAt !== undefined && inner.expiresAt.getTime() <= outer.expiresAt.getTime()),
  allowedIps: (outer, inner) => allowlistCovers(outer.allowedIps, inner.allowedIps),
  rateLimits: (outer, inner) => rateLimitsCover(outer.rateLimits, inner.rateLimits),
};

const GRANT_FIELDS = Object.keys(COVERS) as readonly GrantField[];

/**
 * Returns the fields in which `inner` exceeds `outer`; empty if `outer` covers `inner`.
 * Covering is reflexive and transitive, so that no chain of delegations exceeds its root.
 */
export function exceededFields(outer: Grant, inner: Grant): readonly GrantField[] {
  return GRANT_FIELDS.filter((field) => !COVERS[field](outer, inner));
}

/** Returns whether a change gives a key more authority: a wider grant in any field, or being enabled again. */
export function isWidening(before: ApiKey, after: ApiKey): boolean {
  return (after.enabled && !before.enabled) || exceededFields(before, after).length > 0;
}
