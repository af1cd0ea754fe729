import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { ServiceState } from '../health/service-state';

/**
 * How long idle connections stay open after the service stops accepting new ones. A client may already have sent its
 * next request. The service answers it with `Connection: close`.
 */
const IDLE_LINGER_MS = 250;
const IDLE_CHECK_MS = 50;

/** Tracks the connections of clients, and closes them during a shutdown. */
@Injectable()
export class Traffic {
  private readonly open = new Set<Socket>();

  constructor(private readonly state: ServiceState) {}

  /** Starts tracking connections. Call it before there are any. */
  watch(fastify: FastifyInstance): void {
    fastify.server.on('connection', (socket) => {
      this.open.add(socket);
      socket.once('close', () => this.open.delete(socket));
    });
    fastify.addHook('onSend', (_request, reply, payload, done) => {
      if (this.state.isDraining) void reply.header('Connection', 'close');
      done(null, payload);
    });
  }

  /**
   * Stops serving clients in these steps:
   *
   * 1. For `delayMs`, serves requests, answers readiness checks with 503, and sends `Connection: close` with every
   *    response.
   * 2. Accepts no more connections, and waits for requests in progress.
   * 3. `limitMs` after the call, closes the connections that remain.
   *
   * @returns how many connections were closed in step 3
   */
  async drain(server: Server, delayMs: number, limitMs: number): Promise<number> {
    const deadline = performance.now() + limitMs;
    this.state.isDraining = true;
    await pause(delayMs);
    const traffic = { ended: false };
    // `http.Server` would close idle connections at once, and lose requests that are on their way.
    const ended = new Promise<void>((resolve) => {
      NetServer.prototype.close.call(server, () => {
        traffic.ended = true;
        resolve();
      });
    });
    await Promise.race([ended, pause(IDLE_LINGER_MS)]);
    while (!traffic.ended) {
      server.closeIdleConnections();
      // Node does not count a connection as idle before its first request.
      for (const socket of this.open) if (socket.bytesRead === 0) socket.destroy();
      if (performance.now() >= deadline) return this.cutOff();
      await Promise.race([ended, pause(IDLE_CHECK_MS)]);
    }
    return 0;
  }

  private cutOff(): number {
    const { size } = this.open;
    for (const socket of this.open) socket.destroy();
    return size;
  }
}
