/** The part of the shutdown time that is reserved for writing usage counts and releasing leases. */
const CLOSING_PART = 0.2;
const CLOSING_AT_MOST_MS = 5000;

/**
 * Returns how long after the signal the service waits for clients, in milliseconds. This is all but the last fifth of the
 * time (at most 5 s), and at least half of the time after the delay.
 */
export function timeForClients(limitMs: number, delayMs: number): number {
  return limitMs - Math.min(CLOSING_AT_MOST_MS, limitMs * CLOSING_PART, (limitMs - delayMs) / 2);
}
