import { inTime } from './in-time';

/** How long is waited at the end for what is under way. */
const STOP_LIMIT_MS = 5000;

/** Something that is done again and again: at intervals, and at once when it is woken. Never twice at the same time. */
export class Loop {
  private stopped = false;
  private woken = false;
  private endRest: () => void = () => undefined;
  private running: Promise<void> | undefined;

  /** @param onFailure hears of each failure; the loop goes on */
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
   * Resolves once what is under way has ended, or will not end within a limit.
   *
   * @returns whether it has ended
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
