import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A script of the benches in a process of its own, that is talked to by messages. */
export class Child {
  private readonly ended: Promise<number | null>;
  private readonly messages: unknown[] = [];
  private heard: (() => void) | undefined;

  private constructor(private readonly process: ChildProcess) {
    this.ended = once(process, 'exit').then(([code]: [number | null]) => code);
    process.on('message', (message) => {
      this.messages.push(message);
      this.heard?.();
    });
  }

  /**
   * @param script in `bench/`
   * @param core the only core that it may use, where it is not to use all
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

  /** The next message that it sends. */
  async next<T>(): Promise<T> {
    if (this.messages.length === 0) {
      const code = await Promise.race([
        new Promise<void>((resolve) => (this.heard = resolve)),
        this.ended.then((ended) => ({ ended })),
      ]);
      if (code !== undefined) throw new Error(`a process of the bench ended early, with code ${code.ended ?? 'none'}`);
    }
    return this.messages.shift() as T;
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
