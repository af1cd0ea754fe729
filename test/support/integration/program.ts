import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE_MS } from '../patience';

const STOPS_WITHIN_MS = 10_000;

/** A third-party server that a test runs. */
export interface Program {
  readonly pid: number;
  /** Its output so far. */
  output(): string;
  /** Sends SIGTERM and waits for the end. Sends SIGKILL after 10 s. */
  stop(): Promise<void>;
}

/** Runs a server in the foreground and waits until its port accepts connections. */
export async function startProgram(
  [command, ...args]: readonly [string, ...string[]],
  port: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(command, args, {
    env: { PATH: `${PATH}:/usr/sbin`, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.once('error', (error) => (output += error.message));
  const endWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', endWithUs);
    await end(child, ended);
  };
  try {
    await takesConnections(port, () => hasEnded(child));
  } catch (error) {
    await stop();
    throw new Error(`${command} does not start; it wrote:\n${output}`, { cause: error });
  }
  return { pid: child.pid ?? 0, output: () => output, stop };
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (!hasEnded(child)) child.kill('SIGTERM');
  const patience = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
  await ended;
  clearTimeout(patience);
}

function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

async function takesConnections(port: number, gaveUp: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isOpen(port))) {
    if (gaveUp()) throw new Error('it ended at once');
    if (performance.now() > deadline) throw new Error(`nothing listens on port ${port}`);
    await sleep(20);
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
