import type { ChangeFeed, ReadOptions } from '../../change-feed/change-feed';
import type { PolicyId, PolicyState } from '../domain/policy-state';

/** The injection token of the optional {@link Policies} port. */
export const POLICIES = Symbol('keyward:policies');

/**
 * Looks up the policies of organisations and owners. The policies module provides this port. Without it, no policy restricts a
 * key. If a lookup fails, the request is rejected.
 */
export interface Policies {
  /** The change feed of the policies. Without it, each verification of a bound or owned key calls {@link find}. */
  readonly changes?: ChangeFeed | undefined;

  /** Returns one policy, `exists: false` if there is none. Does not fall back to the default policy. */
  find(id: PolicyId, options?: ReadOptions): Promise<PolicyState>;
}
