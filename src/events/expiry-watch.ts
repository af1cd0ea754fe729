import type { Clock } from '../api-keys/ports/clock';
import {
  dueNotice,
  type ExpiryRange,
  expiriesDue,
  lookFrom,
  NOTICE_DAYS,
} from '../api-keys/domain/expiry-notice';
import type { KeyOutbox } from '../api-keys/storage/key-outbox';
import type { RecordEvent } from './event-relay';
import { inParallel } from '../common/in-parallel';
import type { KeyEventPublisher } from './key-event.publisher';

const BATCH = 200;
const WIDTH = 10;

/** Finds the keys for which an expiry notice became due since the last check, and records each notice once. */
export class ExpiryWatch {
  constructor(
    private readonly outbox: KeyOutbox,
    private readonly record: RecordEvent,
    private readonly publisher: KeyEventPublisher,
    private readonly clock: Clock,
  ) {}

  /**
   * Records the notices that are due.
   *
   * @param lastLook the result of the last check by any instance; `undefined` if there was none
   * @param mayGoOn called before each key and after each batch; `false` stops the check
   * @returns the time of this check, or `lastLook` if it was stopped
   */
  async look(lastLook: Date | undefined, mayGoOn: () => boolean): Promise<Date | undefined> {
    const now = this.clock.now();
    const from = lookFrom(lastLook, now);
    for (const days of NOTICE_DAYS) {
      if (!(await this.tellOf(expiriesDue(days, from, now), now, mayGoOn))) return lastLook;
    }
    return now;
  }

  private async tellOf({ after, until }: ExpiryRange, now: Date, mayGoOn: () => boolean): Promise<boolean> {
    let last: { readonly expiresAt: Date; readonly id: string } | undefined;
    for (;;) {
      const batch = await this.outbox.expiring(after, until, BATCH, last);
      await inParallel(batch, WIDTH, async (key) => {
        const notice = mayGoOn() ? dueNotice(key, now) : undefined;
        if (notice !== undefined && (await this.record(notice))) this.publisher.tell(notice);
      });
      if (!mayGoOn()) return false;
      if (batch.length < BATCH) return true;
      const { expiresAt = after, id = '' } = batch.at(-1) ?? {};
      last = { expiresAt, id };
    }
  }
}
