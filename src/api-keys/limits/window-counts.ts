import type { Charge, Consumption, RateLimitState } from '../ports/rate-limiter';

/** Less than a microsecond, in seconds. The end of a window minus the present time can be a little more than the window. */
const ROUNDING = 1e-7;

/**
 * The maximum number of windows that are counted for a subject. Each change of a limit can add one, and every request reads all
 * of them. Beyond it, the windows that end first are forgotten, unless a limit uses them.
 */
export const MAX_WINDOWS = 16;

/** The count of one window. */
export interface WindowCount {
  readonly used: number;
  /** Milliseconds until the window ends. */
  readonly msLeft: number;
}

/** The windows that the limits of a charge use: the lowest limit of each, by its length in seconds. */
export type AskedWindows = ReadonlyMap<number, number>;

/** Returns the windows that the limits of a charge use. */
export function windowsOf({ limits }: Charge): AskedWindows {
  const windows = new Map<number, number>();
  for (const { limit, windowSeconds } of limits) {
    windows.set(windowSeconds, Math.min(limit, windows.get(windowSeconds) ?? Infinity));
  }
  return windows;
}

/**
 * Returns the outcome of a request.
 *
 * @param countOf returns the count of a window of the charge at an index: with the request if it was allowed
 * @param isAllowed whether all limits had room
 */
export function consumptionOf(
  charges: readonly Charge[],
  countOf: (index: number, windowSeconds: number) => WindowCount,
  cost: number,
  isAllowed: boolean,
): Consumption {
  const rateLimits = charges.flatMap(({ kind, limits }, index) =>
    limits.map(({ name, limit, windowSeconds }): RateLimitState => {
      const { used, msLeft } = countOf(index, windowSeconds);
      return {
        of: kind,
        name,
        limit,
        windowSeconds,
        remaining: Math.max(0, limit - used),
        resetSeconds: Math.max(1, Math.ceil(msLeft / 1000 - ROUNDING)),
      };
    }),
  );
  if (isAllowed) return { rateLimits };
  const full = rateLimits.filter(({ remaining }) => remaining < cost);
  return { rateLimits, refusedBy: full.reduce((one, other) => (isWorse(other, one, cost) ? other : one)) };
}

/** Returns whether a limit without room has room later than another one. A limit below the cost never has room. */
function isWorse(one: RateLimitState, other: RateLimitState, cost: number): boolean {
  const [isNever, isOtherNever] = [one.limit < cost, other.limit < cost];
  return isNever === isOtherNever ? one.resetSeconds > other.resetSeconds : isNever;
}
