import { reasonOf } from '../../common/reason';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import type { UsageOutcome, UsageTally } from '../domain/usage';
import { inTime } from '../../common/in-time';
import { USAGE_REPOSITORY, UsageNotWrittenError, type UsageRepository } from '../ports/usage.repository';
import { UsageBuffer, type UsedKey, type UsingClient } from './usage-buffer';
import { usageMetrics } from './usage-metrics';

/** The maximum number of counts, one per key, hour, organisation and owner, that wait to be stored. */
export const MAX_USAGE_BACKLOG = 20_000;

const DEFAULT_FLUSH_MS = 10_000;

/** How long a shutdown waits for each of its two flushes. */
const SHUTDOWN_FLUSH_MS = 3000;

/**
 * Counts verifications of genuine tokens by outcome, and stores the counts in one bulk write every `usage.flushMs`
 * milliseconds. Usage is best effort, see decision record 0023: no request waits for it or fails because of it, and
 * nothing is counted twice.
 */
@Injectable()
export class UsageRecorder
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger('Usage');
  private readonly buffer = new UsageBuffer(MAX_USAGE_BACKLOG);
  private readonly metrics = usageMetrics();
  private readonly droppedForWantOfRoom = this.metrics.dropped.labels('full');
  private readonly flushMs: number;
  private readonly addresses: boolean;
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | undefined;
  private inDoubt = false;
  private reported = 0;

  constructor(
    @Inject(USAGE_REPOSITORY) private readonly repository: UsageRepository | null,
    @Inject(API_KEYS_OPTIONS) { usage }: ApiKeysOptions,
  ) {
    this.flushMs = usage?.flushMs ?? DEFAULT_FLUSH_MS;
    this.addresses = usage?.addresses ?? true;
  }

  /**
   * Counts one request with a genuine token. Never throws and never waits.
   *
   * @param cost how much the request counts, 0 or more
   * @param nowMs wall-clock milliseconds
   * @param client the client, whose address is kept with the last use
   */
  count(key: UsedKey, outcome: UsageOutcome, cost: number, nowMs: number, client: UsingClient): void {
    if (this.repository === null) return;
    const kept = this.addresses ? client : undefined;
    if (!this.buffer.count(key, outcome, cost, nowMs, kept)) this.droppedForWantOfRoom.inc();
    else if (this.buffer.size !== this.reported) this.reportBacklog();
  }

  /** Stores what was counted so far, or joins a flush in progress. Never rejects. */
  async flush(): Promise<void> {
    this.flushing ??= this.store().finally(() => {
      this.flushing = undefined;
    });
    return this.flushing;
  }

  onApplicationBootstrap(): void {
    if (this.repository === null) return;
    this.timer = setInterval(() => void this.flush(), this.flushMs).unref();
  }

  /** Flushes while the database is still connected, in whatever order the modules of a host shut down. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flushForGood();
  }

  /** Flushes again, for requests that were answered while the server closed. Drops counts that cannot be stored. */
  async onApplicationShutdown(): Promise<void> {
    await this.flushForGood();
    const lost = usesIn(this.buffer.take());
    this.reportBacklog();
    if (lost === 0) return;
    this.metrics.dropped.inc({ reason: 'shutdown' }, lost);
    this.logger.warn(`${lost} uses of keys are lost: the store did not accept them before the shutdown`);
  }

  private async flushForGood(): Promise<void> {
    const flushed = async (): Promise<void> => {
      await this.flushing;
      await this.flush();
    };
    await inTime(flushed(), SHUTDOWN_FLUSH_MS).catch(() => undefined);
  }

  private async store(): Promise<void> {
    const { repository, buffer } = this;
    if (repository === null || buffer.size === 0) return;
    if (this.inDoubt && !(await isThere(repository))) {
      this.metrics.flushes.inc({ outcome: 'kept' });
      return;
    }
    const tallies = buffer.take();
    this.reportBacklog();
    if (tallies.length === 0) return;
    try {
      await repository.add(tallies);
      this.metrics.flushes.inc({ outcome: 'written' });
      this.inDoubt = false;
    } catch (error) {
      this.putBack(tallies, error);
      this.inDoubt = true;
    }
  }

  private putBack(tallies: readonly UsageTally[], error: unknown): void {
    const known = error instanceof UsageNotWrittenError;
    this.metrics.flushes.inc({ outcome: known ? 'kept' : 'unknown' });
    if (!known) this.metrics.dropped.inc({ reason: 'unknown' }, usesIn(tallies));
    // `lastUsedAt` may be stored twice, but a count may not.
    const dropped = this.buffer.putBack(known ? tallies : tallies.flatMap(lastUseOf));
    this.droppedForWantOfRoom.inc(dropped);
    this.reportBacklog();
    if (this.inDoubt) return;
    const reason = reasonOf(error);
    this.logger.warn(`usage counts were not stored: ${reason}`);
  }

  private reportBacklog(): void {
    this.metrics.backlog.inc(this.buffer.size - this.reported);
    this.reported = this.buffer.size;
  }
}

async function isThere(repository: UsageRepository): Promise<boolean> {
  try {
    await repository.probe();
    return true;
  } catch {
    return false;
  }
}

function usesIn(tallies: readonly UsageTally[]): number {
  return tallies.reduce((sum, { outcomes }) => outcomes.reduce((all, { count }) => all + count, sum), 0);
}

function lastUseOf(tally: UsageTally): readonly UsageTally[] {
  return tally.lastUsedAt === undefined ? [] : [{ ...tally, outcomes: [] }];
}
