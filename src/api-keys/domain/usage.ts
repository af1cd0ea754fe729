const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How often a key was used in one hour. */
export interface HourlyUse {
  /** When the hour began, by UTC. */
  readonly hour: Date;
  readonly count: number;
}

/** What is known of a key's use. */
export interface KeyUsage {
  /** The hours in which the key was used, oldest first; hours without use are left out. */
  readonly hours: readonly HourlyUse[];
  /** `undefined` where no use is known. */
  readonly lastUsedAt?: Date | undefined;
}

/** What one instance counted of one key in one hour, to be added to what is stored. */
export interface UsageTally extends HourlyUse {
  readonly keyId: string;
  /** May be 0, where only {@link lastUsedAt} is to be told. */
  readonly count: number;
  readonly lastUsedAt: Date;
}

/** The hours that begin at or after `from` and before `to`. */
export interface UsageSpan {
  readonly from: Date;
  readonly to: Date;
}

/** When the hour around a moment began, by UTC. */
export function hourOf(moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / HOUR_MS) * HOUR_MS);
}

/** When the day around a moment began, by UTC. */
export function dayOf(moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / DAY_MS) * DAY_MS);
}

/** The moment so many days later; earlier where the number is negative. */
export function daysAfter(moment: Date, days: number): Date {
  return new Date(moment.getTime() + days * DAY_MS);
}
