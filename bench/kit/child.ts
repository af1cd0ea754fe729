import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A bench script in its own process. The two processes exchange messages. */
export class Child {
  private readonly ended: Promise<number | null>;
  private readonly unread: unknown[] = [];
  private readonly readers: ((message: unknown) => void)[] = [];

  private constructor(private readonly process: ChildProcess) {
    this.ended = once(process, 'exit').then(() => process.exitCode);
    process.on('message', (message) => {
      const reader = this.readers.shift();
      if (reader === undefined) this.unread.push(message);
      else reader(message);
    });
  }

  /**
   * @param script the path of the script, relative to `bench/`
   * @param core the only core that the process may use; `undefined` for all cores
   */
  static start(
    script: string,
    args: readonly string[],
    { core, flags = [], environment = {} }: ChildOptions = {},
  ): Child {
    const command = [
      ...(core === undefined ? [] : ['taskset', '--cpu-list', String(core)]),
      process.execPath,
      ...flags,
      '--require',
      join(__dirname, '../typescript.cjs'),
      join(__dirname, '..', script),
      ...args,
    ];
    const [program = '', ...rest] = command;
    return new Child(
      spawn(program, rest, {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        env: { ...process.env, ...environment },
      }),
    );
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Returns the next message from the process. Waiting callers get messages in the order of their calls. */
  async next<T>(): Promise<T> {
    const message =
      this.unread.length > 0
        ? Promise.resolve(this.unread.shift())
        : new Promise<unknown>((resolve) => this.readers.push(resolve));
    const endedEarly = this.ended.then((code) => {
      throw new Error(`a process of the bench ended early, with code ${code ?? 'none'}`);
    });
    return (await Promise.race([message, endedEarly])) as T;
  }

  async ask<T>(question: object): Promise<T> {
    this.process.send(question);
    return this.next<T>();
  }

  async stop(): Promise<void> {
    this.process.disconnect();
    await this.ended;
  }
}

export interface ChildOptions {
  readonly core?: number;
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}
