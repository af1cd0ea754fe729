import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import { ifInstalled } from '../common/if-installed';

/** Emits events to listeners in this process, as the emitter of `@nestjs/event-emitter` does. */
export interface DomainEvents {
  emit(type: string, event: unknown): unknown;
}

/** The injection token of `DomainEvents`; `undefined` if the application has no emitter. */
export const DOMAIN_EVENTS = Symbol('keyward:domain-events');

/**
 * Returns the provider of the application's event emitter, which is `undefined` unless the application imports
 * `EventEmitterModule`. The function loads the package when it is called, because it may not be installed. See decision
 * record 0084.
 */
export function domainEvents(): FactoryProvider<DomainEvents | undefined> {
  const emitter = emitterToken();
  return {
    provide: DOMAIN_EVENTS,
    inject: emitter === undefined ? [] : [{ token: emitter, optional: true }],
    useFactory: (found?: DomainEvents) => found,
  };
}

function emitterToken(): InjectionToken<DomainEvents> | undefined {
  return ifInstalled(
    '@nestjs/event-emitter',
    () => require('@nestjs/event-emitter') as typeof import('@nestjs/event-emitter'),
  )?.EventEmitter2;
}
