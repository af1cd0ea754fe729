import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PATIENCE_MS } from './patience';

const ROOT = join(__dirname, '../..');

/** A running Node process, with its output so far. */
export interface NodeProcess {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves with the first match in the output. Rejects if the process ends without a match, or after a timeout. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code when the process has ended. */
  exited(): Promise<number | null>;
  stop(): Promise<void>;
}

/**
 * Runs a script with Node, by default in the project's root.
 *
 * @param environment the environment variables of the process, in addition to PATH and HOME
 */
export function runNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd = ROOT,
): NodeProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, args, { cwd, env: { PATH, HOME, ...environment } });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(() => child.exitCode);

  const waitFor = async (pattern: RegExp): Promise<RegExpExecArray> => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const match = pattern.exec(out + err);
      if (match !== null) return match;
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
        throw new Error(`found no ${String(pattern)} in the output:\n${out}${err}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return {
    child,
    stdout: () => out,
    stderr: () => err,
    waitFor,
    exited: async () => ended,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Runs the built service on a free port and waits until it listens. */
export async function runBuiltService(
  environment: Readonly<Record<string, string>>,
): Promise<NodeProcess & { readonly url: string }> {
  const running = runNode(['dist/main.js'], { PORT: '0', ...environment });
  const [, url = ''] = await running.waitFor(/listening on (\S+)/);
  return { ...running, url };
}
