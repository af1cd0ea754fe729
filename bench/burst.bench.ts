import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection, mongo } from 'mongoose';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiKeysService } from '../src/api-keys/management/api-keys.service';
import { rootCaller } from '../src/api-keys/domain/caller';
import { FreshKeys } from '../src/api-keys/verification/fresh-keys';
import { KeyVerifier } from '../src/api-keys/verification/key-verifier';
import { AppModule } from '../src/bootstrap/app.module';
import { loadEnvironment } from '../src/settings/load-environment';
import { USER_REPOSITORY, type UserRepository } from '../src/users/storage/user.repository';
import { aUser } from '../test/support/user-fixtures';
import { REQUIREMENT } from './kit/keys';
import { startBenchMongo } from './kit/mongo-store';
import { claim, print } from './kit/report';

const AT_ONCE = 1000;
const PER_TURN = 20;
const SETTLED_MS = 1000;
const FLUSH_MS = 1000;
const STEADY_FLUSHES = 10;

async function main(): Promise<void> {
  const mongo = await startBenchMongo();
  process.env['MONGODB_URI'] = `${mongo.uriOf('burst')}&monitorCommands=true`;
  process.env['USAGE_FLUSH_MS'] = String(FLUSH_MS);
  const app = await NestFactory.createApplicationContext(AppModule.over(loadEnvironment()), {
    logger: false,
  });
  const commands = new CountedCommands(app.get<Connection>(getConnectionToken()));
  await untilFresh(app);

  const alone = await issue(app);
  claim(`reads for ${AT_ONCE} first uses at once,`, await readsOfBurst(app, commands, alone), { atMost: 1 });
  const owned = await issue(app, 'alice');
  claim('the same for a key with an owner,', await readsOfBurst(app, commands, owned), { atMost: 2 });

  // Waits for the feed to announce the creation of the keys, which removes them from the cache once more.
  await pause(SETTLED_MS);
  await app.get(KeyVerifier).verify(owned, REQUIREMENT);
  commands.take();
  const end = performance.now() + STEADY_FLUSHES * FLUSH_MS;
  let verifications = 0;
  while (performance.now() < end) {
    for (let index = 0; index < PER_TURN; index += 1) await app.get(KeyVerifier).verify(owned, REQUIREMENT);
    verifications += PER_TURN;
    await pause(1);
  }
  const steady = commands.take();
  print(`${verifications} verifications in ${STEADY_FLUSHES} flush intervals:`);
  claim('reads,', steady.reads, { atMost: 0 });
  claim('usage bulks a flush interval,', steady.usageBulks / STEADY_FLUSHES, { atMost: 1 });
  await app.close();
  await mongo.stop();
}

async function issue(app: INestApplicationContext, ownerId?: string): Promise<string> {
  if (ownerId !== undefined) await app.get<UserRepository>(USER_REPOSITORY).insert(aUser({ id: ownerId }));
  const { token } = await app
    .get(ApiKeysService)
    .create(rootCaller('system'), { name: 'burst', scopes: ['memory:read'], orgId: 'acme', ownerId });
  return token;
}

async function readsOfBurst(
  app: INestApplicationContext,
  commands: CountedCommands,
  token: string,
): Promise<number> {
  commands.take();
  const verifier = app.get(KeyVerifier);
  const all = await Promise.all(
    Array.from({ length: AT_ONCE }, async () => verifier.verify(token, REQUIREMENT)),
  );
  if (all.some(({ code }) => code !== 'VALID')) throw new Error('not all were accepted');
  return commands.take().reads;
}

/**
 * Waits until both feeds have proven freshness. Before that, every verification reads the store. The first one starts
 * the feeds.
 */
async function untilFresh(app: INestApplicationContext): Promise<void> {
  const { feeds } = app.get(FreshKeys);
  await app.get(KeyVerifier).verify(await issue(app, 'bob'), REQUIREMENT);
  while (Object.values(feeds).some((feed) => feed === undefined || feed.provenAt === -Infinity))
    await pause(10);
}

/** Counts the MongoDB commands of verifications. Ignores those of heartbeats and of the event relay. */
class CountedCommands {
  private reads = 0;
  private usageBulks = 0;

  constructor(connection: Connection) {
    connection.getClient().on('commandStarted', ({ command, commandName }: mongo.CommandStartedEvent) => {
      if (commandName === 'find' && isOfOne(command)) this.reads += 1;
      if (commandName === 'update' && command['update'] === 'api_key_usage') this.usageBulks += 1;
    });
  }

  /** Returns the counts since the last call. */
  take(): { readonly reads: number; readonly usageBulks: number } {
    const { reads, usageBulks } = this;
    this.reads = 0;
    this.usageBulks = 0;
    return { reads, usageBulks };
  }
}

/** Returns whether a command reads one key or one owner, as a verification does. */
function isOfOne({ find, filter = {} }: mongo.Document): boolean {
  const { _id: id } = filter as { readonly _id?: unknown };
  return ['api_keys', 'users'].includes(String(find)) && typeof id === 'string' && !id.startsWith('#hb:');
}

void main();
