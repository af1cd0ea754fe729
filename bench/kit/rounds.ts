/** What is measured: does its work once and answers with its figure. */
export type Subject = () => number | Promise<number>;

const ROUNDS = 21;

const WARM_UP_ROUNDS = 3;

/**
 * Measures every subject once a round, so that whatever else the machine does falls on all of them alike. Each round
 * begins with another subject. The first rounds warm up and are left out.
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
 * Microseconds of processor time of one call, over so many. Not of the wall's clock: what others do on the machine is
 * no part of it.
 */
export function microseconds(calls: number, call: (index: number) => unknown): number {
  const before = process.cpuUsage();
  for (let index = 0; index < calls; index += 1) call(index);
  return processorTimeSince(before) / calls;
}

/** As {@link microseconds}, each call awaited before the next. */
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
