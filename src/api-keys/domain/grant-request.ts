import type { Grant } from './api-key';
import { earlierOf } from './earlier';
import type { RateLimit } from './rate-limit';

/**
 * The grant that a request to create a key asks for. An omitted part is inherited from the caller. `null` clears a
 * part, which widens the grant.
 */
export interface GrantRequest {
  readonly scopes: readonly string[];
  readonly orgId?: string | null | undefined;
  readonly projectId?: string | null | undefined;
  readonly ownerId?: string | null | undefined;
  readonly expiresAt?: Date | null | undefined;
  readonly allowedIps?: readonly string[] | null | undefined;
  readonly rateLimits?: readonly RateLimit[] | null | undefined;
}

/**
 * Returns the grant of a new key: the requested parts, and the caller's own for omitted parts. If the request
 * sets no expiry and the caller's own grant has none, the key gets the latest permitted expiry. An inherited expiry is limited
 * to the latest permitted one.
 *
 * @param latestExpiry the latest permitted expiry, `undefined` for no limit
 */
export function composeGrant(caller: Grant, request: GrantRequest, latestExpiry: Date | undefined): Grant {
  return {
    scopes: request.scopes,
    orgId: inherit(request.orgId, caller.orgId),
    projectId: inherit(request.projectId, caller.projectId),
    ownerId: inherit(request.ownerId, caller.ownerId),
    expiresAt: inherit(request.expiresAt, earlierOf(caller.expiresAt, latestExpiry)),
    allowedIps: inherit(request.allowedIps, caller.allowedIps) ?? [],
    rateLimits: inherit(request.rateLimits, caller.rateLimits) ?? [],
  };
}

function inherit<T>(asked: T | null | undefined, own: T | undefined): T | undefined {
  return asked === undefined ? own : (asked ?? undefined);
}
