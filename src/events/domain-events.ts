import type { FactoryProvider, InjectionToken } from '@nestjs/common';

/** Tells listeners in this process, as the emitter of `@nestjs/event-emitter` does. */
export interface DomainEvents {
  emit(type: string, event: unknown): unknown;
}

/** The injection token of `DomainEvents`; `undefined` where the application has no emitter. */
export const DOMAIN_EVENTS = Symbol('keyward:domain-events');

/**
 * Finds the emitter of the application, where it imports `EventEmitterModule`. The package is looked for when it is
 * needed: an application that listens to nothing does not have it. See decision record 0041.
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
  try {
    const { EventEmitter2 } = require('@nestjs/event-emitter') as typeof import('@nestjs/event-emitter');
    return EventEmitter2;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
