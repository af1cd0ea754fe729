/** What of the time for a shutdown no client can use up: counted uses are written in it, and leases given back. */
const CLOSING_PART = 0.2;
const CLOSING_AT_MOST_MS = 5000;

/**
 * How long after the signal clients are waited for: all but the last fifth of the time (5 s at most), and never less than
 * half of what the delay leaves.
 */
export function timeForClients(limitMs: number, delayMs: number): number {
  return limitMs - Math.min(CLOSING_AT_MOST_MS, limitMs * CLOSING_PART, (limitMs - delayMs) / 2);
}
