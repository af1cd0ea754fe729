/** A lease: who holds it, and a count that goes up with each sign of life. */
export interface LeaseRecord {
  /** The instance that holds it; empty where nobody does. */
  readonly holder: string;
  readonly beat: number;
  /** How far the holders have come with what they do; kept for the next. */
  readonly progress?: Date | undefined;
}

/** Keeps leases. Its clock is nobody's: instances watch `beat` by their own. */
export interface LeaseRepository {
  /** The lease by this name; `null` where there never was one. */
  read(name: string): Promise<LeaseRecord | null>;

  /**
   * Writes the next state of a lease, `beat` one up, guarded by the beat it was made from (0 where there was none).
   *
   * @returns whether it stands. `false`: somebody else came first.
   */
  write(name: string, next: LeaseRecord): Promise<boolean>;
}
