const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How often a key was used in one hour. */
export interface HourlyUse {
  /** The start of the hour, in UTC. */
  readonly hour: Date;
  readonly count: number;
}

/** The recorded usage of a key. */
export interface KeyUsage {
  /** The hours in which the key was used, oldest first. Hours without use are omitted. */
  readonly hours: readonly HourlyUse[];
  /** `undefined` if no use is known. */
  readonly lastUsedAt?: Date | undefined;
}

/** The uses of one key in one hour that an instance counted. The store adds them to the stored uses. */
export interface UsageTally extends HourlyUse {
  readonly keyId: string;
  /** 0 if only {@link lastUsedAt} is to be stored. */
  readonly count: number;
  readonly lastUsedAt: Date;
}

/** The hours that begin at or after `from` and before `to`. */
export interface UsageSpan {
  readonly from: Date;
  readonly to: Date;
}

/** Returns the start of the hour of a moment, in UTC. */
export function hourOf(moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / HOUR_MS) * HOUR_MS);
}

/** Returns the start of the day of a moment, in UTC. */
export function dayOf(moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / DAY_MS) * DAY_MS);
}

/** Returns the moment `days` days after another, or before it if the number is negative. */
export function daysAfter(moment: Date, days: number): Date {
  return new Date(moment.getTime() + days * DAY_MS);
}
