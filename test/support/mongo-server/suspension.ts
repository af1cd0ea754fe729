import { type ChildProcess, spawn } from 'node:child_process';

// A suspended process notices nothing, not even its parent's end, and would stay forever.
const CONTINUE_AT_END_OF_INPUT = `trap '' HUP INT TERM; read -r _; kill -CONT "$1"`;

export class Suspension {
  private guard: ChildProcess | undefined;

  constructor(private readonly pid: number) {}

  begin(): void {
    if (this.guard !== undefined) return;
    process.kill(this.pid, 'SIGSTOP');
    this.guard = spawn('sh', ['-c', CONTINUE_AT_END_OF_INPUT, 'sh', String(this.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.guard.on('error', ignore);
    this.guard.stdin?.on('error', ignore);
    this.guard.unref();
  }

  end(): void {
    if (this.guard === undefined) return;
    // Killed immediately, because its own SIGCONT could come late and undo the next suspension.
    this.guard.kill('SIGKILL');
    this.guard = undefined;
    try {
      process.kill(this.pid, 'SIGCONT');
    } catch {
      // The process has ended, so there is nothing to continue.
    }
  }
}

function ignore(): void {}
