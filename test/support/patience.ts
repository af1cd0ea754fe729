import { setTimeout as pause } from 'node:timers/promises';

/**
 * The timeout for anything without a promised time, such as a recovery or the start of a process. It only ends waits
 * that would otherwise never end. No test result depends on how long a wait takes.
 */
export const PATIENCE_MS = 90_000;

const LOOK_EVERY_MS = 50;

/** Reads a value repeatedly until it is as expected, and returns it. After the timeout, throws with the last value. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  isExpected: (seen: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (isExpected(seen)) return seen;
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** Waits until a condition holds. After the timeout, throws with the description of the condition. */
export async function until(condition: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`timed out waiting for: ${condition}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** Reads a value repeatedly until it equals the expected one. After the timeout, throws with the last value. */
export async function eventuallyIs<T>(look: () => T | Promise<T>, expected: T): Promise<void> {
  await eventually(look, (seen) => seen === expected);
}
