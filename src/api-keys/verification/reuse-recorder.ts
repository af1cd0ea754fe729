import { reasonOf } from '../../common/reason';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { retried } from '../../common/retried';
import { counterOf } from '../../common/shared-metric';
import { type Clock, CLOCK } from '../ports/clock';
import type { KeySecret, VerifiedKey } from '../domain/api-key';
import { recordChange } from '../domain/key-change';
import type { KeyEvents } from '../domain/key-event';
import { markReused } from '../domain/rotation';
import { KEY_CHANGE_LISTENER, type KeyChangeListener } from '../ports/key-change.listener';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../storage/api-key.repository';

/** The type of the event about a reuse. */
export const REUSE_DETECTED = 'api-key.reuse_detected';

/** A previous token was used after its grace period: its holder does not know of the rotation, or somebody stole it. */
export type ReuseDetected = KeyEvents[typeof REUSE_DETECTED];

/**
 * Records the first reuse of each previous secret: in the record, in its history and as an event. Later reuses only
 * increment a metric, so that repeated reuse causes no writes.
 */
@Injectable()
export class ReuseRecorder {
  private readonly logger = new Logger(ReuseRecorder.name);
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly uses = counterOf(
    'keyward_retired_secret_uses_total',
    'Uses of secrets after their rotation.',
  );

  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly repository: ApiKeyRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Optional() @Inject(KEY_CHANGE_LISTENER) private readonly listener?: KeyChangeListener,
  ) {}

  /**
   * Reports the reuse of a previous secret: counts it, and records the first one. Never rejects, because no decision
   * depends on it. If the first reuse cannot be recorded, the next one tries again.
   *
   * @returns a promise that resolves when the first reuse is recorded; `undefined` if it is already recorded
   */
  report(key: Pick<VerifiedKey, 'id'>, secret: KeySecret): Promise<void> | undefined {
    this.uses.inc();
    return secret.reusedAt === undefined ? this.recordFirst(key, secret) : undefined;
  }

  private async recordFirst(key: Pick<VerifiedKey, 'id'>, secret: KeySecret): Promise<void> {
    const recording = this.underWay.get(secret.hash) ?? this.record(key.id, secret.hash);
    this.underWay.set(secret.hash, recording);
    try {
      await recording;
    } catch (error) {
      this.logger.warn(`a reuse of a token was not recorded: ${reasonOf(error)}`);
    } finally {
      this.underWay.delete(secret.hash);
    }
  }

  private async record(id: string, hash: string): Promise<void> {
    const attempt = async (): Promise<true | undefined> => {
      const before = await this.repository.findWithHistory(id);
      if (before?.secrets.find((secret) => secret.hash === hash)?.reusedAt !== undefined || before === null)
        return true;
      const now = this.clock.now();
      const after = recordChange({ ...before, secrets: markReused(before.secrets, hash, now) }, now, {
        action: 'reused',
        by: 'system',
      });
      if (!(await this.repository.replace(after))) return undefined;
      this.listener?.changed(after);
      return true;
    };
    await retried(attempt, () => new Error('too many concurrent changes to the key'));
  }
}
