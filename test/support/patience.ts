import { setTimeout as pause } from 'node:timers/promises';

/**
 * How long a test waits for something that has no promised time, such as a recovery or a process that starts. It only
 * ends a wait that would never end: no test passes or fails by how much of it is used.
 */
export const PATIENCE_MS = 90_000;

const LOOK_EVERY_MS = 50;

/** Looks again and again until it sees what is expected, and returns that. Fails with what it saw last. */
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

/** Waits until a condition holds. Fails with the description of the condition. */
export async function until(condition: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never happened: ${condition}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** Looks again and again until it sees exactly this value. */
export async function eventuallyIs<T>(look: () => T | Promise<T>, expected: T): Promise<void> {
  await eventually(look, (seen) => seen === expected);
}
