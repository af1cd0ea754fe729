/** How a record is read. */
export interface ReadOptions {
  /**
   * Reads what is newest even where a primary that was voted out still answers; slower, and asked for only while the
   * change feed proves nothing. A store with one server may leave it aside.
   */
  readonly linearizable?: boolean | undefined;
  /** How long the read may take, in milliseconds, where that is less than what the store allows itself. */
  readonly timeoutMs?: number | undefined;
}
