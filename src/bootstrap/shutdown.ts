import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { ServiceState } from '../health/service-state';

/**
 * How long a connection between two requests is left open once no new ones are taken: its client may have sent the next
 * one already, and gets that answered with `Connection: close`.
 */
const IDLE_LINGER_MS = 250;
const IDLE_CHECK_MS = 50;

/** Ends keep-alive with every answer that is given while the service is on its way out. */
export function partWithClients(fastify: FastifyInstance, state: ServiceState): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (state.isDraining) void reply.header('Connection', 'close');
    done(null, payload);
  });
}

/**
 * Ends the traffic of a service: goes on serving for `delayMs` while readiness refuses, then takes no more connections,
 * and resolves when the last request is answered.
 */
export async function drain(server: Server, state: ServiceState, delayMs: number): Promise<void> {
  state.beginDraining();
  await pause(delayMs);
  const traffic = { ended: false };
  // `http.Server` would cut connections between two requests at once, and with them requests that are on their way.
  const ended = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => {
      traffic.ended = true;
      resolve();
    });
  });
  await Promise.race([ended, pause(IDLE_LINGER_MS)]);
  while (!traffic.ended) {
    server.closeIdleConnections();
    await Promise.race([ended, pause(IDLE_CHECK_MS)]);
  }
}
