import type { FreshnessSettings } from '../change-feed/change-feed';
import type { OidcIssuerConfig } from './issuers/oidc-issuer.config';
import type { UserStorage } from './storage/user-storage';

/** How users are kept, and what they may do. */
export interface UsersOptions {
  /** Where users are kept; the same choice as for keys. */
  readonly storage: UserStorage;
  /** The identity providers whose sessions are taken; default none. */
  readonly issuers?: readonly OidcIssuerConfig[] | undefined;
  /** What users may give to their keys; default nothing. */
  readonly grantableScopes?: readonly string[] | undefined;
  /** Whether users may make keys that are bound to no organisation: for products with one tenant. Default false. */
  readonly unboundKeys?: boolean | undefined;
  /** How many live keys a user may own; default 50. */
  readonly maxKeys?: number | undefined;
  /** How soon changes take effect; the same choice as for keys. */
  readonly freshness?: FreshnessSettings | undefined;
}

/** The injection token of the options. */
export const USERS_OPTIONS = Symbol('keyward:users-options');
