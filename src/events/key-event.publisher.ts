import { reasonOf } from '../common/reason';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import type { AuditEvent } from '../api-keys/domain/key-event';
import { DOMAIN_EVENTS, type DomainEvents } from './domain-events';

/**
 * Emits events to the host application through `@nestjs/event-emitter`, if the application imports it. The instance
 * that stored a change emits its event. The instance that found a due expiry notice emits the notice. Each event is
 * emitted once and in this process only. For reliable delivery, use the event store and webhooks. See decision record
 * 0030.
 *
 * @example
 * \@OnEvent('api-key.revoked')
 * onRevoked(event: KeyEvents['api-key.revoked']): void { … }
 */
@Injectable()
export class KeyEventPublisher {
  private readonly logger = new Logger(KeyEventPublisher.name);

  constructor(@Optional() @Inject(DOMAIN_EVENTS) private readonly listeners?: DomainEvents) {}

  /** Emits an event. Never throws, because a failing listener must not fail the change. */
  tell(event: AuditEvent): void {
    try {
      this.listeners?.emit(event.type, event);
    } catch (error) {
      this.logger.warn(`a listener for ${event.type} failed: ${reasonOf(error)}`);
    }
  }
}
