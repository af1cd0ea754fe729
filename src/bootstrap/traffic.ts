import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { ServiceState } from '../health/service-state';

/**
 * How long a connection between two requests is left open once no new ones are taken: its client may have sent the next
 * one already, and gets that answered with `Connection: close`.
 */
const IDLE_LINGER_MS = 250;
const IDLE_CHECK_MS = 50;

/** The connections of clients, and how they come to an end. */
@Injectable()
export class Traffic {
  private readonly open = new Set<Socket>();

  constructor(private readonly state: ServiceState) {}

  /** Called before there are connections. */
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
   * Ends the traffic: goes on serving for `delayMs` while readiness refuses, ends keep-alive with every answer, then
   * takes no more connections. Resolves when the last request is answered, or `limitMs` after the call: who is not done
   * by then is cut off.
   *
   * @returns how many connections were cut off
   */
  async drain(server: Server, delayMs: number, limitMs: number): Promise<number> {
    const deadline = performance.now() + limitMs;
    this.state.isDraining = true;
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
      // To Node a connection on which nothing ever came is not idle: it waits for its first request.
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
