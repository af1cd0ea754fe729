/** How a record is read. */
export interface ReadOptions {
  /**
   * Reads the newest state even if a former primary still answers. This is slower, and requested only while nothing
   * proves which server is the primary. A store with one server may ignore it.
   */
  readonly linearizable?: boolean | undefined;
  /** How long the read may take, in milliseconds, where that is less than what the store allows itself. */
  readonly timeoutMs?: number | undefined;
}
