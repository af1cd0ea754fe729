/** Options of an import. */
export interface ImportOptions {
  /** Imports scopes that give access to Keyward's own routes; default they are refused. See `OWN_SCOPES`. */
  readonly allowManagementScopes?: boolean | undefined;
  /** Revokes and disables known keys that the other system revoked or disabled; default they are only reported. */
  readonly applyRevocations?: boolean | undefined;
}

/** What became of one record. */
export interface ImportOutcome {
  /** Where it stood, beginning with 1. */
  readonly line: number;
  /** `known`: a key of this hash existed already, and was left alone unless `revocation` is `applied`. */
  readonly outcome: 'imported' | 'known' | 'refused';
  /** The key's id, unless the record was refused. */
  readonly id?: string;
  /**
   * Set for a known key that the other system revoked or disabled while it still worked here. `pending`: it still works.
   * `applied`: this import revoked or disabled it.
   */
  readonly revocation?: 'pending' | 'applied';
  /** Why it was refused. */
  readonly reasons?: readonly string[];
  /** What the importer should know. */
  readonly warnings?: readonly string[];
}

/** What became of a whole import. */
export interface ImportReport {
  readonly imported: number;
  readonly known: number;
  readonly refused: number;
  /** How many of the known keys the other system revoked or disabled, and still work here. */
  readonly pendingRevocations: number;
  /** How many of the known keys this import revoked or disabled. */
  readonly appliedRevocations: number;
  readonly results: readonly ImportOutcome[];
}

/** Adds the outcomes up. */
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
