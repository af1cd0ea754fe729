import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../patience';
import type { DrillInstance } from './drill-instance';
import type { SteadyLoad } from './steady-load';

const LOOK_FOR_MS = 300;
const MIN_ANSWERS = 10;

/**
 * Waits until an instance under load answers most requests from its cache. Before an outage, this ensures that the
 * cache has entries that could become stale. After it, this shows that the cache works again.
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
    await until(
      'there are enough answers for a judgement',
      () => load.answers.length > answers + MIN_ANSWERS,
    );
    const read = (await readsOf(instance)) - reads;
    const answered = load.answers.length - answers;
    // Forged tokens cause a read of the store now and then.
    if (read < answered / 4) return;
    if (load.lateness.judged(begunAt, performance.now()) > withinMs)
      throw new Error('the instance reads the store for every request');
  }
}

async function readsOf(instance: DrillInstance): Promise<number> {
  const { text } = await instance.as().get('/metrics');
  return Number(/^keyward_key_reads_total (\d+)/m.exec(text)?.[1]);
}
