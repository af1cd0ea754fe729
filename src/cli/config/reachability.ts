import { reasonOf } from '../../common/reason';
import { redisClient } from '../../api-keys/limits/redis-client';
import { inTime } from '../../common/in-time';
import { type Environment, issuersOf, storageKindOf } from '../../settings/environment';
import { connectToMongo } from '../../mongo/mongo-connection.module';
import { discoverProvider, patience, readJson } from '../../users/issuers/discovery';
import { safeMessage } from '../kit/terminal-text';

const ANSWER_MS = 3000;

/** The result of an attempt to reach another system with the configured settings. */
export interface Reachability {
  /** `MongoDB`, `Redis`, or the URL of an issuer. */
  readonly system: string;
  readonly ok: boolean;
  /** Why it is unreachable; `null` if it is reachable. */
  readonly reason: string | null;
}

/** Tries to reach every system that the settings name, one after the other. */
export async function tryAll(environment: Environment): Promise<readonly Reachability[]> {
  const tried: Reachability[] = [];
  for (const [system, ask] of systemsOf(environment)) tried.push(await tryOne(system, ask));
  return tried;
}

function systemsOf(environment: Environment): readonly (readonly [string, () => Promise<unknown>])[] {
  const { MONGODB_URI: mongo, MONGODB_CONNECT_TIMEOUT_MS: timeout, REDIS_URL: redis } = environment;
  return [
    ...(storageKindOf(environment) === 'mongo' && mongo !== undefined
      ? [['MongoDB', async () => askMongo(mongo, timeout)] as const]
      : []),
    ...(redis === undefined ? [] : [['Redis', async () => askRedis(redis)] as const]),
    ...issuersOf(environment).map(({ issuer }) => [issuer, async () => askIssuer(issuer)] as const),
  ];
}

async function tryOne(system: string, ask: () => Promise<unknown>): Promise<Reachability> {
  try {
    await ask();
    return { system, ok: true, reason: null };
  } catch (error) {
    return {
      system,
      ok: false,
      reason: safeMessage(reasonOf(error)),
    };
  }
}

async function askMongo(uri: string, timeoutMs: number): Promise<void> {
  const connection = await connectToMongo(uri, timeoutMs);
  try {
    await inTime(Promise.resolve(connection.db?.command({ ping: 1 })), ANSWER_MS);
  } finally {
    await inTime(connection.close(), ANSWER_MS).catch(() => undefined);
  }
}

async function askRedis(url: string): Promise<void> {
  const redis = redisClient(url, {
    lazyConnect: true,
    connectTimeout: ANSWER_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: Error | undefined;
  redis.on('error', (error: Error) => (reason = error));
  try {
    await inTime(redis.connect(), ANSWER_MS);
    await inTime(redis.ping(), ANSWER_MS);
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

async function askIssuer(issuer: string): Promise<void> {
  const { jwksUri } = await discoverProvider(issuer);
  const { keys } = await readJson(jwksUri, patience());
  if (!Array.isArray(keys)) throw new Error(`${jwksUri} has no list of keys`);
}
