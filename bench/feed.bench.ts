import { setTimeout as pause } from 'node:timers/promises';
import { Instance } from './kit/instance';
import { startBenchMongo, type BenchMongo } from './kit/mongo-store';
import { print, printTable } from './kit/report';
import type { Counts } from './instances/instance';

const INSTANCES = [1, 8] as const;
const CHANGES_A_SECOND = [0, 10] as const;
const SECONDS = 10;

async function main(): Promise<void> {
  const mongo = await startBenchMongo();
  const rows: (string | number)[][] = [];
  for (const feed of ['streams', 'polling'] as const) {
    for (const count of INSTANCES) rows.push(...(await measure(mongo, feed, count)));
  }
  await mongo.stop();
  printTable(
    [
      'feed',
      'instances',
      'changes/s',
      'commands/s at the server',
      'of these updates',
      'of these getMore',
      'of these find',
      'documents polled/s, an instance',
      'changes heard/s, an instance',
      'CPU, an instance',
    ],
    rows,
  );
  print(`Two collections are watched, keys and users; the bound is 1000 ms; each row is ${SECONDS} s.`);
}

async function measure(mongo: BenchMongo, feed: string, count: number): Promise<(string | number)[][]> {
  const uri = mongo.uriOf(`${feed}_${count}`);
  const start = async (): Promise<Instance> =>
    Instance.start(uri, { CHANGE_FEED: feed, USAGE_FLUSH_MS: '3600000' });
  const writer = await start();
  const instances = [writer, ...(await Promise.all(Array.from({ length: count - 1 }, start)))];
  const rows: (string | number)[][] = [];
  for (const rate of CHANGES_A_SECOND) {
    await Promise.all(instances.map(async (instance) => instance.counts()));
    await change(writer, rate);
    const counts = await Promise.all(instances.map(async (instance) => instance.counts()));
    // The writer's own writes do not count as costs of the feed.
    const idle = counts.length > 1 ? counts.slice(1) : counts;
    const commands = (name?: string): number => {
      const own = counts.map((of) => commandsOf(of, name)).reduce((sum, each) => sum + each, 0);
      return (own - (name === undefined || name === 'update' ? rate * SECONDS : 0)) / SECONDS;
    };
    rows.push([
      feed,
      count,
      rate,
      commands(),
      commands('update'),
      commands('getMore'),
      commands('find'),
      mean(idle.map(({ polled }) => polled)) / SECONDS,
      mean(idle.map(({ announced }) => announced)) / SECONDS,
      `${((mean(idle.map(({ used }) => used)) / (SECONDS * 1e6)) * 100).toFixed(1)} %`,
    ]);
  }
  await Promise.all(instances.map(async (instance) => instance.stop()));
  return rows;
}

/** Creates `rate` keys per second, for `SECONDS` seconds. */
async function change(writer: Instance, rate: number): Promise<void> {
  const end = performance.now() + SECONDS * 1000;
  for (let made = 0; made < rate * SECONDS; made += 1) {
    await writer.issue();
    await pause(
      Math.max(
        0,
        end - performance.now() - (SECONDS * 1000 * (rate * SECONDS - made - 1)) / (rate * SECONDS),
      ),
    );
  }
  await pause(Math.max(0, end - performance.now()));
}

function commandsOf({ commands }: Counts, name?: string): number {
  return Object.entries(commands)
    .filter(([each]) => name === undefined || each === name)
    .reduce((sum, [, times]) => sum + times, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

void main();
