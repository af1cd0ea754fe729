import { runNode } from './node-process';

/** The exit code and the output of a command. */
export interface CommandRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `keyward` command without a terminal. */
export async function keyward(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandRun> {
  return runScript(['dist/cli.js', ...args], environment);
}

/** Runs a script with Node until it ends, by default in the project's root. */
export async function runScript(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<CommandRun> {
  const script = runNode(args, environment, cwd);
  const code = await script.exited();
  return { code, stdout: script.stdout(), stderr: script.stderr() };
}

/** Parses the standard output of a command as one JSON document. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the reader says what it expects
export function documentIn<T = Readonly<Record<string, unknown>>>({ stdout }: CommandRun): T {
  return JSON.parse(stdout) as T;
}
