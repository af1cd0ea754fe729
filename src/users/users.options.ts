import type { FreshnessSettings } from '../change-feed/change-feed';
import type { OidcIssuerConfig } from './issuers/oidc-issuer.config';
import type { UserStorage } from './storage/user-storage';

/** Options for the storage and the rights of users. */
export interface UsersOptions {
  /** The store of users; use the same as for keys. */
  readonly storage: UserStorage;
  /** The identity providers whose sessions are accepted; default none. */
  readonly issuers?: readonly OidcIssuerConfig[] | undefined;
  /** Scopes that users may give to their keys; default none. */
  readonly grantableScopes?: readonly string[] | undefined;
  /** Scopes that organisation administrators may give to the keys of their organisations; default none. */
  readonly orgAdminScopes?: readonly string[] | undefined;
  /** Whether users may create keys without a binding to an organisation, for products with one tenant; default false. */
  readonly unboundKeys?: boolean | undefined;
  /** Maximum number of live keys per user; default 50. */
  readonly maxKeys?: number | undefined;
  /** How soon changes take effect; use the same as for keys. */
  readonly freshness?: FreshnessSettings | undefined;
}

/** The injection token of the options. */
export const USERS_OPTIONS = Symbol('keyward:users-options');
