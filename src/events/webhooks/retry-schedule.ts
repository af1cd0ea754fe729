const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** How long to wait after each failed try, in seconds: about three days in all. */
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

/** For so many tries later events of a key wait for an earlier one: about 13 minutes. */
export const TRIES_IN_ORDER = 5;

/** The longest wait that a receiver may ask for, in seconds. */
const MAX_RETRY_AFTER_SECONDS = 24 * HOUR;

const JITTER = 0.2;

/**
 * When to try again after so many failed tries, in milliseconds; `undefined` where that was the last.
 *
 * @param random from 0 to 1; spreads the wait by a fifth either way
 * @param askedSeconds what the receiver asked for; never makes the wait shorter
 */
export function retryDelayMs(attempts: number, random: number, askedSeconds = 0): number | undefined {
  const delay = RETRY_DELAYS_SECONDS[attempts - 1];
  if (delay === undefined) return undefined;
  const spread = delay * (1 - JITTER + 2 * JITTER * random);
  return Math.max(spread, Math.min(askedSeconds, MAX_RETRY_AFTER_SECONDS)) * 1000;
}

/**
 * The wait that a `Retry-After` asks for (RFC 9110 section 10.2.3), in seconds. `undefined` where it says nothing that
 * can be read.
 */
export function retryAfterSeconds(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,10}$/.test(header)) return Number(header);
  const moment = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(moment) ? undefined : Math.max(0, (moment - now.getTime()) / 1000);
}
