import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { discoverResolvers } from '../calls/resolvers';
import { isEventSource, WatchedEvents } from '../calls/watched-events';
import { accessIn } from './verified-access';

/** Ends the events of a subscription when its key ends. Has no state, so that several applications can share the metadata. */
const untilKeyEnds: NestInterceptor = {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const live = accessIn(context)?.live;
    if (live === undefined) return next.handle();
    return next
      .handle()
      .pipe(map((events) => (isEventSource(events) ? new WatchedEvents(events, live) : events)));
  },
};

/** Returns whether Keyward ends the events of a subscription with its key. */
export function endsWithItsKey(declared: object): boolean {
  return interceptorsOf(declared).includes(untilKeyEnds);
}

function interceptorsOf(declared: object): readonly unknown[] {
  return (Reflect.getMetadata(INTERCEPTORS_METADATA, declared) ?? []) as readonly unknown[];
}

/**
 * Adds an interceptor to every GraphQL subscription. Runs in the constructor, because Nest reads the metadata when the
 * GraphQL module starts. A global interceptor would cost every HTTP request its time.
 */
@Injectable()
export class Subscriptions {
  constructor(discovery: DiscoveryService, scanner: MetadataScanner) {
    for (const { handler, isSubscription } of discoverResolvers(discovery, scanner)) {
      if (!isSubscription || endsWithItsKey(handler)) continue;
      Reflect.defineMetadata(INTERCEPTORS_METADATA, [untilKeyEnds, ...interceptorsOf(handler)], handler);
    }
  }
}
