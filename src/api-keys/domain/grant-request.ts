import type { Grant } from './api-key';
import { earlierOf } from './earlier';
import type { RateLimit } from './rate-limit';

/**
 * The grant that a create asks for. A part that is left out is inherited from the caller; `null` clears it,
 * and so widens.
 */
export interface GrantRequest {
  readonly scopes: readonly string[];
  readonly orgId?: string | null | undefined;
  readonly projectId?: string | null | undefined;
  readonly ownerId?: string | null | undefined;
  readonly expiresAt?: Date | null | undefined;
  readonly allowedIps?: readonly string[] | null | undefined;
  readonly rateLimit?: RateLimit | null | undefined;
}

/**
 * The grant a new key gets: what the request says, and the caller's own where it says nothing. An expiry that
 * neither names is the latest that is permitted, and an inherited one is no later than that.
 *
 * @param latestExpiry the latest expiry permitted, `undefined` for no limit
 */
export function composeGrant(caller: Grant, request: GrantRequest, latestExpiry: Date | undefined): Grant {
  return {
    scopes: request.scopes,
    orgId: inherit(request.orgId, caller.orgId),
    projectId: inherit(request.projectId, caller.projectId),
    ownerId: inherit(request.ownerId, caller.ownerId),
    expiresAt: inherit(request.expiresAt, earlierOf(caller.expiresAt, latestExpiry)),
    allowedIps: inherit(request.allowedIps, caller.allowedIps) ?? [],
    rateLimit: inherit(request.rateLimit, caller.rateLimit),
  };
}

function inherit<T>(asked: T | null | undefined, own: T | undefined): T | undefined {
  return asked === undefined ? own : (asked ?? undefined);
}
