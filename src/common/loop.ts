import { inTime } from './in-time';

/** The maximum time that `stop` waits for work in progress. */
const STOP_LIMIT_MS = 5000;

/** Repeats work at intervals, and immediately after `wake`. The work never runs twice at the same time. */
export class Loop {
  private stopped = false;
  private woken = false;
  private endRest: () => void = () => undefined;
  private running: Promise<void> | undefined;

  /** @param onFailure receives each failure; the loop continues */
  constructor(
    private readonly restMs: number,
    private readonly work: () => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  start(): void {
    this.running ??= this.run();
  }

  wake(): void {
    this.woken = true;
    this.endRest();
  }

  /**
   * Stops the loop. Waits until the work in progress has ended, but at most `limitMs`.
   *
   * @returns whether the work has ended
   */
  async stop(limitMs = STOP_LIMIT_MS): Promise<boolean> {
    this.stopped = true;
    this.endRest();
    return inTime(Promise.resolve(this.running), limitMs).then(
      () => true,
      () => false,
    );
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.woken = false;
      try {
        await this.work();
      } catch (error) {
        this.onFailure(error);
      }
      await this.rest();
    }
  }

  private async rest(): Promise<void> {
    if (this.woken || this.stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.restMs).unref();
      this.endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
