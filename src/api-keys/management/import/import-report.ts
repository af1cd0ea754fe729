/** Options of an import. */
export interface ImportOptions {
  /**
   * Imports scopes that give access to Keyward's own routes. By default such records are rejected. See `OWN_SCOPES`.
   */
  readonly allowManagementScopes?: boolean | undefined;
  /** Revokes and disables known keys that the other system revoked or disabled. By default it only reports them. */
  readonly applyRevocations?: boolean | undefined;
}

/** The result for one record. */
export interface ImportOutcome {
  /** The position of the record, beginning with 1. */
  readonly line: number;
  /** `known`: a key with this hash already existed. It did not change, unless `revocation` is `applied`. */
  readonly outcome: 'imported' | 'known' | 'refused';
  /** The key's id, unless the record was rejected. */
  readonly id?: string;
  /**
   * Set for a known key that the other system revoked or disabled while it still worked here. `pending`: it still
   * works. `applied`: this import revoked or disabled it.
   */
  readonly revocation?: 'pending' | 'applied';
  /** Why the record was rejected. */
  readonly reasons?: readonly string[];
  /** What to check after the import. */
  readonly warnings?: readonly string[];
}

/** The result of a whole import. */
export interface ImportReport {
  readonly imported: number;
  readonly known: number;
  readonly refused: number;
  /** How many known keys still work here although the other system revoked or disabled them. */
  readonly pendingRevocations: number;
  /** How many of the known keys this import revoked or disabled. */
  readonly appliedRevocations: number;
  readonly results: readonly ImportOutcome[];
}

/** Returns the report of an import: its results, and their number by outcome. */
export function reportOf(results: readonly ImportOutcome[]): ImportReport {
  const count = (isCounted: (each: ImportOutcome) => boolean): number => results.filter(isCounted).length;
  return {
    imported: count(({ outcome }) => outcome === 'imported'),
    known: count(({ outcome }) => outcome === 'known'),
    refused: count(({ outcome }) => outcome === 'refused'),
    pendingRevocations: count(({ revocation }) => revocation === 'pending'),
    appliedRevocations: count(({ revocation }) => revocation === 'applied'),
    results,
  };
}
