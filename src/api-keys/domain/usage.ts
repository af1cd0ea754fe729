import { DECISION_CODES, type Refused, type Valid } from './decision';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What a request with a genuine token led to: the code of the decision, or `RATE_LIMITED`. */
export type UsageOutcome = (Refused | Valid)['code'] | 'RATE_LIMITED';

/** Every {@link UsageOutcome}, `VALID` first. */
export const USAGE_OUTCOMES: readonly UsageOutcome[] = [
  'VALID',
  ...DECISION_CODES.filter((code) => code !== 'MALFORMED' && code !== 'NOT_FOUND' && code !== 'VALID'),
  'RATE_LIMITED',
];

/** How many requests had one outcome. */
export interface OutcomeCount {
  readonly outcome: UsageOutcome;
  readonly count: number;
  /** The sum of what these requests cost. A request costs 1 unless it says otherwise. */
  readonly cost: number;
}

/** The requests of one hour by outcome. */
export interface HourlyOutcomes {
  /** The start of the hour, in UTC. */
  readonly hour: Date;
  /** At most one entry for each outcome, in the order of {@link USAGE_OUTCOMES}. */
  readonly outcomes: readonly OutcomeCount[];
}

/** How often a key was used in one hour. */
export interface HourlyUse extends HourlyOutcomes {
  /** The number of accepted requests. */
  readonly count: number;
}

/** The recorded usage of a key. */
export interface KeyUsage {
  /** The hours in which the key was presented, oldest first. Other hours are omitted. */
  readonly hours: readonly HourlyUse[];
  /** When a request with the key was last accepted; `undefined` if no use is known. */
  readonly lastUsedAt?: Date | undefined;
  /** The client's address at {@link lastUsedAt}; `undefined` if it is unknown or addresses are not kept. */
  readonly lastAddress?: string | undefined;
}

/**
 * The requests with one key in one hour that an instance counted. The store adds them to the stored counts of the key, of
 * its organisation and of its owner.
 */
export interface UsageTally extends HourlyOutcomes {
  readonly keyId: string;
  /** The organisation of the key when it was used. */
  readonly orgId?: string | undefined;
  /** The owner of the key when it was used. */
  readonly ownerId?: string | undefined;
  /** The last accepted request; `undefined` if all were rejected. May be set without {@link outcomes}. */
  readonly lastUsedAt?: Date | undefined;
  /** The client's address at {@link lastUsedAt}. */
  readonly lastAddress?: string | undefined;
}

/** The keys whose usage is added up: one key, or the keys of an organisation, of an owner, of both, or all (`{}`). */
export type UsageSubject =
  | { readonly keyId: string; readonly orgId?: undefined; readonly ownerId?: undefined }
  | {
      readonly keyId?: undefined;
      readonly orgId?: string | undefined;
      readonly ownerId?: string | undefined;
    };

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

/** Adds up counts by outcome, in the order of {@link USAGE_OUTCOMES}. */
export function sumOf(counts: Iterable<OutcomeCount>): readonly OutcomeCount[] {
  const sums = new Map<UsageOutcome, { count: number; cost: number }>();
  for (const { outcome, count, cost } of counts) {
    const sum = sums.get(outcome);
    if (sum === undefined) sums.set(outcome, { count, cost });
    else {
      sum.count += count;
      sum.cost += cost;
    }
  }
  return Array.from(sums, ([outcome, sum]) => ({ outcome, ...sum })).toSorted(
    (one, other) => USAGE_OUTCOMES.indexOf(one.outcome) - USAGE_OUTCOMES.indexOf(other.outcome),
  );
}

/** Returns the uses of a key in an hour. */
export function useOf({ hour, outcomes }: HourlyOutcomes): HourlyUse {
  return { hour, count: outcomes.find(({ outcome }) => outcome === 'VALID')?.count ?? 0, outcomes };
}
