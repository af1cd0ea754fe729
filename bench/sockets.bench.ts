import 'reflect-metadata';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket } from 'ws';
import { Authenticated } from '../src/api-keys/access/access.decorators';
import { rootCaller } from '../src/api-keys/domain/caller';
import { ApiKeysService } from '../src/api-keys/management/api-keys.service';
import { ApiKeysModule } from '../src/api-keys.module';
import { print, printTable } from './kit/report';
import { median } from './kit/statistics';

const KEYS = 500;
const SOCKETS_OF_A_KEY = 10;
/** The number of clients that connect at the same time. */
const AT_ONCE = 50;

const ROUNDS = 10;
const ROUND_MS = 3000;

const system = rootCaller('bench');

@WebSocketGateway()
@Authenticated()
class IdleGateway {
  @SubscribeMessage('ping')
  ping(): object {
    return { event: 'pong', data: {} };
  }
}

@Module({
  imports: [ApiKeysModule.forRoot({ storage: 'memory', routes: false })],
  providers: [IdleGateway],
})
class IdleModule {}

/** Measures what open connections cost while nothing is sent: the timer that judges their keys. */
async function main(): Promise<void> {
  const app = await NestFactory.create(IdleModule, new FastifyAdapter(), { logger: false });
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(0, '127.0.0.1');
  const keys = app.get(ApiKeysService);
  const issued = await Promise.all(
    Array.from({ length: KEYS }, async () => keys.create(system, { name: 'idle', scopes: ['memory:read'] })),
  );
  const before = await processorTime();
  const connectingFrom = process.cpuUsage();
  const sockets = await openAll(
    app,
    issued.map(({ token }) => token),
  );
  const connecting = process.cpuUsage(connectingFrom);
  const idle = await processorTime();
  const changing = await processorTime(async (round) => {
    const { key } = issued[round] ?? {};
    if (key !== undefined) await keys.update(system, key.id, { description: `round ${round}` });
  });

  const revoked = issued[0]?.key.id ?? '';
  const ends = sockets.slice(0, SOCKETS_OF_A_KEY).map(async (socket) => once(socket, 'close'));
  await keys.revoke(system, revoked);
  const revokedAt = performance.now();
  await Promise.all(ends);
  const took = performance.now() - revokedAt;

  print(`${sockets.length} connections of ${KEYS} keys in one process, with the clients in it:\n`);
  printTable(
    ['the process', 'ms of processor time a second'],
    [
      ['before the first connection', before],
      ['with all connections, idle', idle],
      ['and one key changed every 3 s', changing],
    ],
  );
  const connectMs = (connecting.user + connecting.system) / 1000 / sockets.length;
  print(`A connection took ${connectMs.toFixed(2)} ms of processor time, client included.`);
  print(
    `After a revocation, the last of ${SOCKETS_OF_A_KEY} idle connections ended within ${took.toFixed(0)} ms.`,
  );
  for (const socket of sockets) socket.terminate();
  await app.close();
}

async function openAll(app: INestApplication, tokens: readonly string[]): Promise<readonly WebSocket[]> {
  const url = await app.getUrl();
  const sockets: WebSocket[] = [];
  const wanted = tokens.flatMap((token) => Array.from({ length: SOCKETS_OF_A_KEY }, () => token));
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const batch = wanted.slice(from, from + AT_ONCE).map(async (token) => {
      const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
      await once(socket, 'open');
      return socket;
    });
    sockets.push(...(await Promise.all(batch)));
  }
  return sockets;
}

/** Returns the median processor time of the process, in milliseconds a second. */
async function processorTime(inRound?: (round: number) => Promise<void>): Promise<number> {
  const used: number[] = [];
  global.gc?.();
  for (let round = 0; round < ROUNDS; round += 1) {
    const [from, at] = [process.cpuUsage(), performance.now()];
    await inRound?.(round + 1);
    await pause(ROUND_MS);
    const { user, system: kernel } = process.cpuUsage(from);
    used.push((user + kernel) / 1000 / ((performance.now() - at) / 1000));
  }
  return median(used);
}

void main();
