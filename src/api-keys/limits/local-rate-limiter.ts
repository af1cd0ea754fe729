import type { Charge, Consumption, RateLimiter } from '../ports/rate-limiter';
import { type AskedWindows, consumptionOf, MAX_WINDOWS, windowsOf } from './window-counts';

/** The maximum number of subjects, about 0.5 kB each. Beyond it, the one that was counted least recently is forgotten. */
const MAX_SUBJECTS = 1_000_000;

/** How many subjects are examined for each one that is counted: more than are added, so that those that ended are removed. */
const EXAMINED = 2;

interface Window {
  used: number;
  endsAt: number;
}

type Windows = Map<number, Window>;

/** Counts requests in this process only. */
export class LocalRateLimiter implements RateLimiter {
  /** Ordered by the time of the last request. */
  private readonly subjects = new Map<string, Windows>();
  private toExamine = this.subjects.entries();

  constructor(private readonly maxSubjects = MAX_SUBJECTS) {}

  /** The number of subjects in memory. */
  get size(): number {
    return this.subjects.size;
  }

  async consume(charges: readonly Charge[], cost: number): Promise<Consumption> {
    const now = performance.now();
    const asked = charges.map((charge) => {
      const limits = windowsOf(charge);
      return { limits, windows: this.currentWindows(`${charge.kind}:${charge.id}`, limits, now) };
    });
    const isAllowed = asked.every(({ limits, windows }) =>
      [...limits].every(([seconds, limit]) => usedIn(windows, seconds) + cost <= limit),
    );
    if (isAllowed)
      for (const { windows } of asked) for (const window of windows.values()) window.used += cost;
    this.removeEnded(now, charges.length);
    return consumptionOf(
      charges,
      (index, seconds) => {
        const window = asked[index]?.windows.get(seconds);
        return { used: window?.used ?? 0, msLeft: (window?.endsAt ?? now) - now };
      },
      cost,
      isAllowed,
    );
  }

  /** Returns the current windows of a subject. Begins those that its limits use. Decision record 0089 explains the rules. */
  private currentWindows(id: string, limits: AskedWindows, now: number): Windows {
    const windows: Windows = this.subjects.get(id) ?? new Map();
    this.subjects.delete(id);
    this.subjects.set(id, windows);
    let largest = 0;
    for (const [seconds, { used, endsAt }] of windows) {
      if (endsAt > now) largest = Math.max(largest, used);
      else if (!limits.has(seconds)) windows.delete(seconds);
    }
    for (const seconds of limits.keys()) {
      const known = windows.get(seconds);
      if (known !== undefined && known.endsAt > now) continue;
      windows.set(seconds, { used: known === undefined ? largest : 0, endsAt: now + seconds * 1000 });
    }
    const unused = [...windows].filter(([seconds]) => !limits.has(seconds));
    unused.sort(([, one], [, other]) => one.endsAt - other.endsAt);
    for (const [seconds] of unused.slice(0, Math.max(0, windows.size - MAX_WINDOWS))) windows.delete(seconds);
    return windows;
  }

  private removeEnded(now: number, added: number): void {
    for (let examined = 0; examined < EXAMINED * added; examined += 1) {
      const next = this.toExamine.next();
      if (next.done === true) {
        this.toExamine = this.subjects.entries();
        break;
      }
      const [id, windows] = next.value;
      if ([...windows.values()].every(({ endsAt }) => endsAt <= now)) this.subjects.delete(id);
    }
    for (const oldest of this.subjects.keys()) {
      if (this.subjects.size <= this.maxSubjects) break;
      this.subjects.delete(oldest);
    }
  }
}

function usedIn(windows: Windows, seconds: number): number {
  return windows.get(seconds)?.used ?? 0;
}
