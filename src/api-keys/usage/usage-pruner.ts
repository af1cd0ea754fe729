import { reasonOf } from '../../common/reason';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { type Clock, CLOCK } from '../ports/clock';
import { daysAfter } from '../domain/usage';
import { USAGE_REPOSITORY, type UsageRepository } from '../ports/usage.repository';

const DEFAULT_RETENTION_DAYS = 90;
const EVERY_MS = 3_600_000;

/** Removes usage counts that are past their retention. Every instance runs it once an hour. */
@Injectable()
export class UsagePruner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Usage');
  private readonly retentionDays: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(USAGE_REPOSITORY) private readonly repository: UsageRepository | null,
    @Inject(API_KEYS_OPTIONS) { usage }: ApiKeysOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.retentionDays = usage?.retentionDays ?? DEFAULT_RETENTION_DAYS;
  }

  /** Starts at a random moment of the first hour, so that instances that start together do not prune together. */
  onApplicationBootstrap(): void {
    if (this.repository !== null) this.pruneIn(Math.random() * EVERY_MS);
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
  }

  /** Prunes now. Never rejects: the next run removes what remains. */
  async prune(): Promise<void> {
    try {
      await this.repository?.prune(daysAfter(this.clock.now(), -this.retentionDays));
    } catch (error) {
      this.logger.warn(`old usage counts were not removed: ${reasonOf(error)}`);
    }
  }

  private pruneIn(ms: number): void {
    this.timer = setTimeout(() => {
      this.pruneIn(EVERY_MS);
      void this.prune();
    }, ms).unref();
  }
}
