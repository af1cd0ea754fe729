import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { answerClientError } from './client-error';
import { CONNECTION_BOUNDS } from './connection-bounds';
import { meetExpectations } from './odd-requests';

const OPERATIONS = /^\/(?:health\/(?:live|ready)|metrics)$/;
const CAME_BY_IT = Symbol('keyward:operations-port');

interface Marked extends IncomingMessage {
  [CAME_BY_IT]?: true;
}

/** A separate port that serves only health and metrics. The main port then does not serve them. */
@Injectable()
export class OperationsPort implements OnApplicationShutdown {
  private server: Server | undefined;

  /** Divides the routes between the two ports. Call it before routes are registered. */
  divide(fastify: FastifyInstance): void {
    this.server = createServer(CONNECTION_BOUNDS, (request: Marked, response) => {
      request[CAME_BY_IT] = true;
      fastify.routing(request, response);
    });
    this.server.on('clientError', answerClientError);
    meetExpectations(this.server);
    fastify.addHook('onRequest', (request, reply, done) => {
      const cameByIt = (request.raw as Marked)[CAME_BY_IT] === true;
      if (request.is404 || cameByIt === OPERATIONS.test(request.routeOptions.url ?? '')) done();
      else reply.callNotFound();
    });
  }

  /** @returns the address of the port */
  async listen(port: number, host: string): Promise<string> {
    const { server } = this;
    if (server === undefined) throw new Error('the ports are not divided');
    server.listen(port, host);
    await once(server, 'listening');
    const { address, family, port: taken } = server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`;
  }

  /** Closes the port last, so that it reports health until the end. */
  onApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }
}
