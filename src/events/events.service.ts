import { Inject, Injectable } from '@nestjs/common';
import { KeywardError } from '../problems/keyward.error';
import { type Caller, viewpointsOf } from '../api-keys/domain/caller';
import { requireCaller } from '../api-keys/management/grant-checks';
import { EVENT_REPOSITORY, type EventRepository } from '../api-keys/ports/event.repository';
import { type EventPage, type EventPageQuery, eventPageOf } from './event-page';

/**
 * Reads the audit trail on behalf of a caller. The caller sees an event if it could see the key when the event
 * happened. It sees the events of a policy if it sees the events of all keys to which the policy applies.
 *
 * @example
 * const { data } = await events.list(rootCaller('system'), { type: 'api-key.revoked', limit: 100 });
 */
@Injectable()
export class EventsService {
  /** @internal Nest calls the constructor. */
  constructor(@Inject(EVENT_REPOSITORY) private readonly events: EventRepository | null) {}

  /**
   * Returns one page of events, newest first.
   *
   * @throws InvalidCursorError
   * @throws KeywardError `not_found` if the application stores no events
   * @throws StorageUnavailableError if the store cannot answer
   */
  async list(caller: Caller, query: EventPageQuery): Promise<EventPage> {
    requireCaller(caller);
    if (this.events === null) {
      throw new KeywardError('not_found', 'This application stores no events.');
    }
    return eventPageOf(this.events, viewpointsOf(caller), query);
  }
}
