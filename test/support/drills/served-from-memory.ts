import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../patience';
import type { DrillInstance } from './drill-instance';
import type { SteadyLoad } from './steady-load';

const LOOK_FOR_MS = 300;
const MIN_ANSWERS = 10;

/**
 * Waits until an instance under load answers without a look at the store, so that there is old knowledge that it could
 * go by wrongly, and so that it is known to be as well as before.
 */
export async function servesFromMemory(
  instance: DrillInstance,
  load: SteadyLoad,
  withinMs: number,
): Promise<void> {
  const begunAt = performance.now();
  for (;;) {
    const [reads, answers] = [await readsOf(instance), load.answers.length];
    await pause(LOOK_FOR_MS);
    await until('enough is answered to judge by', () => load.answers.length > answers + MIN_ANSWERS);
    const read = (await readsOf(instance)) - reads;
    const answered = load.answers.length - answers;
    // Forged tokens have the store asked again now and then.
    if (read < answered / 4) return;
    if (load.lateness.judged(begunAt, performance.now()) > withinMs)
      throw new Error('the store is asked about every request');
  }
}

async function readsOf(instance: DrillInstance): Promise<number> {
  const { text } = await instance.as().get('/metrics');
  return Number(/^keyward_key_reads_total (\d+)/m.exec(text)?.[1]);
}
