import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { PATIENCE_MS } from '../patience';
import { within } from './within';

const QUICK_START = ['-Xshare:auto', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx512m'];
const ENDS_WITHIN_MS = 5_000;
const KEPT_OUTPUT = 4_000;

export class StandInProcess {
  private readonly child: ChildProcessWithoutNullStreams;
  private errors = '';

  constructor(jars: string, args: readonly string[]) {
    this.child = spawn('java', [...QUICK_START, '-cp', join(jars, '*'), 'StandIn', ...args]);
    // Nothing is written to it, but a pipe may still break. An error without a listener ends the test run.
    this.child.stdin.on('error', () => undefined);
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-KEPT_OUTPUT);
    });
  }

  async started(): Promise<{ pid: number; port: number }> {
    try {
      const port = await within(PATIENCE_MS, 'the start', this.port());
      if (this.child.pid === undefined) throw new Error('it has no process id');
      this.letParentEnd();
      return { pid: this.child.pid, port };
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    if (this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null)
      return;
    this.child.ref();
    const exit = once(this.child, 'exit');
    const force = setTimeout(() => this.child.kill('SIGKILL'), ENDS_WITHIN_MS);
    this.child.kill('SIGTERM');
    await exit;
    clearTimeout(force);
  }

  private port(): Promise<number> {
    return new Promise((resolve, reject) => {
      let output = '';
      this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const [, port] = /^port (\d+)$/m.exec(output) ?? [];
        if (port !== undefined) resolve(Number(port));
      });
      this.child.on('error', reject);
      this.child.on('close', () => reject(new Error(`it ended early: ${this.errors.trim()}`)));
    });
  }

  /** Lets the test run end even if a test did not stop its server. The server then stops by itself. */
  private letParentEnd(): void {
    this.child.unref();
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr]) (stream as Socket).unref();
  }
}
