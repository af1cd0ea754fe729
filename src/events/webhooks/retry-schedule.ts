const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** The wait after each failed attempt, in seconds. The sum is about three days. */
export const RETRY_DELAYS_SECONDS = [
  5,
  30,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/** The number of attempts for which later events of a key wait for a failing one. They take about 13 minutes. */
export const TRIES_IN_ORDER = 5;

/** The maximum wait that a receiver can request, in seconds. */
const MAX_RETRY_AFTER_SECONDS = 24 * HOUR;

const JITTER = 0.2;

/**
 * Returns the wait before the next attempt in milliseconds, or `undefined` after the last attempt.
 *
 * @param attempts the number of failed attempts
 * @param random from 0 to 1; changes the wait by up to 20% either way
 * @param askedSeconds the wait that the receiver requested; never shortens the wait
 */
export function retryDelayMs(attempts: number, random: number, askedSeconds = 0): number | undefined {
  const delay = RETRY_DELAYS_SECONDS[attempts - 1];
  if (delay === undefined) return undefined;
  const spread = delay * (1 - JITTER + 2 * JITTER * random);
  return Math.max(spread, Math.min(askedSeconds, MAX_RETRY_AFTER_SECONDS)) * 1000;
}

/**
 * Returns the wait of a `Retry-After` header (RFC 9110 section 10.2.3) in seconds, or `undefined` if the header is
 * missing or invalid.
 */
export function retryAfterSeconds(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,10}$/.test(header)) return Number(header);
  const moment = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(moment) ? undefined : Math.max(0, (moment - now.getTime()) / 1000);
}
