/** The part of the shutdown timeout that is reserved to write usage counts and release leases. */
const CLOSING_PART = 0.2;
const CLOSING_AT_MOST_MS = 5000;

/**
 * Returns how long after the signal the service waits for clients, in milliseconds. This is the shutdown timeout
 * without its last fifth or its last 5 s, whichever is shorter. After the delay, clients have at least half of the
 * rest.
 */
export function timeForClients(limitMs: number, delayMs: number): number {
  return limitMs - Math.min(CLOSING_AT_MOST_MS, limitMs * CLOSING_PART, (limitMs - delayMs) / 2);
}
