import { reasonOf } from '../common/reason';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import type { KeyEvent } from '../api-keys/domain/key-event';
import { DOMAIN_EVENTS, type DomainEvents } from './domain-events';

/**
 * Tells the host application what happened, through `@nestjs/event-emitter` where it is imported: a change in the
 * instance that made it, right after it was stored; a notice in the instance that found it. Once and in this process
 * only: what must not be missed is in the event store, and goes out as a webhook. See decision record 0030.
 *
 * @example
 * \@OnEvent('api-key.revoked')
 * onRevoked(event: KeyEvents['api-key.revoked']): void { … }
 */
@Injectable()
export class KeyEventPublisher {
  private readonly logger = new Logger(KeyEventPublisher.name);

  constructor(@Optional() @Inject(DOMAIN_EVENTS) private readonly listeners?: DomainEvents) {}

  /** Never throws: a listener's fault is none of the change. */
  tell(event: KeyEvent): void {
    try {
      this.listeners?.emit(event.type, event);
    } catch (error) {
      this.logger.warn(`a listener of ${event.type} failed: ${reasonOf(error)}`);
    }
  }
}
