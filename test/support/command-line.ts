import { runNode } from './node-process';

/** The outcome of a command. */
export interface CommandRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `keyward` as an operator without a terminal. */
export async function keyward(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandRun> {
  const cli = runNode(['dist/cli.js', ...args], environment);
  const code = await cli.exited();
  return { code, stdout: cli.stdout(), stderr: cli.stderr() };
}

/** Returns the one JSON document that a command wrote. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the reader says what it expects
export function documentIn<T = Readonly<Record<string, unknown>>>({ stdout }: CommandRun): T {
  return JSON.parse(stdout) as T;
}
