import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { Counter } from 'prom-client';
import { retried } from '../../common/retried';
import { sharedMetric } from '../../common/shared-metric';
import { type Clock, CLOCK } from '../ports/clock';
import type { KeySecret, VerifiedKey } from '../domain/api-key';
import { recordChange } from '../domain/key-change';
import type { KeyEvents } from '../domain/key-event';
import { noteReuse } from '../domain/rotation';
import { KEY_CHANGE_LISTENER, type KeyChangeListener } from '../ports/key-change.listener';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../storage/api-key.repository';

/** The name of the domain event. */
export const REUSE_DETECTED = 'api-key.reuse_detected';

/** A retired secret was presented again: its holder was not told of the rotation, or it is in wrong hands. */
export type ReuseDetected = KeyEvents[typeof REUSE_DETECTED];

const METRIC = 'keyward_retired_secret_uses_total';

/**
 * Notes the first use of each retired secret: in the record, in its history and as a domain event. Later uses
 * only count in a metric, so that a thief causes no writes.
 */
@Injectable()
export class ReuseRecorder {
  private readonly logger = new Logger(ReuseRecorder.name);
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly uses = sharedMetric(
    METRIC,
    () => new Counter({ name: METRIC, help: 'Uses of secrets that a rotation retired.' }),
  );

  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly repository: ApiKeyRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Optional() @Inject(KEY_CHANGE_LISTENER) private readonly listener?: KeyChangeListener,
  ) {}

  /**
   * Counts a use, and notes the first. Never rejects: an answer does not depend on whether its note was kept, and the
   * next use tries again.
   *
   * @returns when the first use is noted; nothing to wait for otherwise
   */
  note(key: Pick<VerifiedKey, 'id'>, secret: KeySecret): Promise<void> | undefined {
    this.uses.inc();
    return secret.reusedAt === undefined ? this.noteFirst(key, secret) : undefined;
  }

  private async noteFirst(key: Pick<VerifiedKey, 'id'>, secret: KeySecret): Promise<void> {
    const noting = this.underWay.get(secret.hash) ?? this.record(key.id, secret.hash);
    this.underWay.set(secret.hash, noting);
    try {
      await noting;
    } catch (error) {
      this.logger.warn(
        `a reuse was not recorded: ${error instanceof Error ? error.message : 'unknown error'}`,
      );
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
      const after = recordChange({ ...before, secrets: noteReuse(before.secrets, hash, now) }, now, {
        action: 'reused',
        by: 'system',
      });
      if (!(await this.repository.replace(after))) return undefined;
      this.listener?.changed(after);
      return true;
    };
    await retried(attempt, () => new Error('others kept changing the key'));
  }
}
