const TICK_MS = 20;
/** Timers of an idle process are late by less than this. */
const PUNCTUAL_MS = 2;

interface Stall {
  readonly from: number;
  readonly to: number;
}

/**
 * Records when this process was kept from running, because it was computing or because other processes had the CPU: a
 * timer of 20 ms that fires after 50 ms was held up for 30 ms. Moments are by `performance.now()`.
 */
export class Lateness {
  private readonly stalls: Stall[] = [];
  private dueAt = performance.now() + TICK_MS;
  private timer = setTimeout(() => this.tick(), TICK_MS);

  /** For how long the process was held up between two moments, in milliseconds. */
  between(from: number, to: number): number {
    const current = { from: this.dueAt, to: performance.now() };
    return [...this.stalls, ...(isLate(current) ? [current] : [])].reduce(
      (sum, stall) => sum + Math.max(0, Math.min(stall.to, to) - Math.max(stall.from, from)),
      0,
    );
  }

  /** How long something took that began and ended at these moments, without the time that the process was held up. */
  judged(from: number, to: number): number {
    return to - from - this.between(from, to);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private tick(): void {
    const stall = { from: this.dueAt, to: performance.now() };
    if (isLate(stall)) this.stalls.push(stall);
    this.dueAt = performance.now() + TICK_MS;
    this.timer = setTimeout(() => this.tick(), TICK_MS);
  }
}

function isLate({ from, to }: Stall): boolean {
  return to - from > PUNCTUAL_MS;
}

/** What something came to, and how long it took. */
export interface Timed<T> {
  readonly result: T;
  /** Without the time in which this process was kept from running: a promised time is compared with this. */
  readonly ms: number;
}

/** Times something whose time is promised, by what this machine can do meanwhile. */
export async function timed<T>(act: () => Promise<T>): Promise<Timed<T>> {
  const lateness = new Lateness();
  const from = performance.now();
  try {
    const result = await act();
    return { result, ms: lateness.judged(from, performance.now()) };
  } finally {
    lateness.stop();
  }
}
