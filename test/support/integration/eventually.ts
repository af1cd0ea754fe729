import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 20_000;

/** Looks again and again until it sees what is expected, and fails with what it saw last. */
export async function eventually<T>(look: () => Promise<T>, expected: T): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (seen === expected) return;
    if (performance.now() > deadline) throw new Error(`still ${String(seen)}, not ${String(expected)}`);
    await sleep(50);
  }
}
