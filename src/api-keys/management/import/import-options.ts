/** Options of an import. */
export interface ImportOptions {
  /** Imports scopes that give access to Keyward's own routes; default they are refused. See `OWN_SCOPES`. */
  readonly allowManagementScopes?: boolean | undefined;
  /** Revokes and disables known keys that the other system revoked or disabled; default they are only reported. */
  readonly applyRevocations?: boolean | undefined;
}
