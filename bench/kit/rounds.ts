/** A function to measure. It does its work once and returns the figure. */
export type Subject = () => number | Promise<number>;

const ROUNDS = 21;

const WARM_UP_ROUNDS = 3;

/**
 * Measures every subject once in each round, so that other load on the machine affects all of them equally. Each round
 * starts with a different subject. The first rounds are a warm-up and do not count.
 *
 * @returns each subject's figures, by round
 */
export async function interleave<Name extends string>(
  subjects: Readonly<Record<Name, Subject>>,
  rounds = ROUNDS,
  warmUpRounds = WARM_UP_ROUNDS,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const entries = Object.entries(subjects) as [Name, Subject][];
  const figures = Object.fromEntries(entries.map(([name]) => [name, []])) as unknown as Record<
    Name,
    number[]
  >;
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    const first = (round + warmUpRounds) % entries.length;
    for (const [name, measure] of [...entries.slice(first), ...entries.slice(0, first)]) {
      const figure = await measure();
      if (round >= 0) figures[name].push(figure);
    }
  }
  return figures;
}

/**
 * Returns the average processor time of a call, in microseconds. Unlike wall-clock time, this excludes other processes
 * on the machine.
 */
export function microseconds(calls: number, call: (index: number) => unknown): number {
  const before = process.cpuUsage();
  for (let index = 0; index < calls; index += 1) call(index);
  return processorTimeSince(before) / calls;
}

/** Like {@link microseconds}, but awaits each call before the next. */
export async function microsecondsLate(
  calls: number,
  call: (index: number) => Promise<unknown>,
): Promise<number> {
  const before = process.cpuUsage();
  for (let index = 0; index < calls; index += 1) await call(index);
  return processorTimeSince(before) / calls;
}

function processorTimeSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
