import { setTimeout as pause } from 'node:timers/promises';
import { mongo } from 'mongoose';

const PAUSE_MS = 25;

interface Operation {
  readonly from: number;
  /** `Infinity` while the operation is running. */
  to: number;
}

/**
 * Continuously writes to the database and reads from it, without Keyward, and records how long that takes. While it is
 * slow, no instance can prove in time that its cache is fresh, so 503 is the correct answer. Times are from
 * `performance.now()`.
 */
export class StoreWitness {
  private readonly operations: Operation[] = [];
  private readonly client: mongo.MongoClient;
  private readonly working: Promise<void>;
  private isOver = false;

  constructor(uri: string) {
    this.client = new mongo.MongoClient(uri);
    this.working = this.work();
  }

  /**
   * Returns the duration in milliseconds of the slowest operation that was running at some time between `from` and
   * `to`.
   */
  slowestBetween(from: number, to: number): number {
    const now = performance.now();
    return this.operations
      .filter((operation) => operation.from <= to && operation.to >= from)
      .reduce((slowest, operation) => Math.max(slowest, Math.min(operation.to, now) - operation.from), 0);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.working;
    await this.client.close();
  }

  private async work(): Promise<void> {
    const notes = this.client.db().collection<{ _id: string; count: number }>('witness');
    while (!this.isOver) {
      const operation: Operation = { from: performance.now(), to: Infinity };
      this.operations.push(operation);
      await notes.updateOne({ _id: 'witness' }, { $inc: { count: 1 } }, { upsert: true });
      await notes.findOne({ _id: 'witness' });
      operation.to = performance.now();
      await pause(PAUSE_MS);
    }
  }
}
