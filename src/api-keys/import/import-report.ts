/** What became of one record. */
export interface ImportOutcome {
  /** Where it stood, beginning with 1. */
  readonly line: number;
  /** `known`: a key of this hash is there already, and was left alone. */
  readonly outcome: 'imported' | 'known' | 'refused';
  /** The key's id, unless the record was refused. */
  readonly id?: string;
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
  readonly results: readonly ImportOutcome[];
}

/** Adds the outcomes up. */
export function reportOf(results: readonly ImportOutcome[]): ImportReport {
  const count = (outcome: ImportOutcome['outcome']): number =>
    results.filter((each) => each.outcome === outcome).length;
  return { imported: count('imported'), known: count('known'), refused: count('refused'), results };
}
