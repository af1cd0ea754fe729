const TICK_MS = 20;
/** The delay in milliseconds up to which a timer counts as punctual. */
const PUNCTUAL_MS = 2;

interface Stall {
  readonly from: number;
  readonly to: number;
}

/**
 * Records when this process could not run timers, because it was computing or because other processes used the CPU.
 * Example: if a timer of 20 ms fires after 50 ms, the process was delayed by 30 ms. Times are from `performance.now()`.
 */
export class Lateness {
  private readonly stalls: Stall[] = [];
  private dueAt = performance.now() + TICK_MS;
  private timer = setTimeout(() => this.tick(), TICK_MS);

  /** Returns for how many milliseconds the process was delayed between two times. */
  between(from: number, to: number): number {
    const current = { from: this.dueAt, to: performance.now() };
    return [...this.stalls, ...(isLate(current) ? [current] : [])].reduce(
      (sum, stall) => sum + Math.max(0, Math.min(stall.to, to) - Math.max(stall.from, from)),
      0,
    );
  }

  /** Returns the duration between two times, without the time for which the process was delayed. */
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

/** The result of an operation, and its duration. */
export interface Timed<T> {
  readonly result: T;
  /**
   * The duration in milliseconds, without the time for which this process was delayed. Compare this with a promised
   * time.
   */
  readonly ms: number;
}

/** Runs an operation and measures its duration, without the time for which this process was delayed. */
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
