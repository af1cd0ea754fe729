import { useExternalServer } from './external-server';
import type { MongoServer, MongoServerKind, MongoServerOptions } from './mongo-server';
import { startMongod } from './mongod-server';
import { startStandIn } from './stand-in-server';
import { MongoServerUnavailable } from './unavailable';

type Start = (options: MongoServerOptions) => Promise<MongoServer>;

const BEST_FIRST: readonly (readonly [MongoServerKind, Start])[] = [
  ['external', useExternalServer],
  ['mongod', startMongod],
  ['stand-in', startStandIn],
];

export async function startMongoServer(options: MongoServerOptions = {}): Promise<MongoServer> {
  const reasons: string[] = [];
  for (const [kind, start] of BEST_FIRST) {
    try {
      return await start(options);
    } catch (error) {
      if (!(error instanceof MongoServerUnavailable)) throw error;
      reasons.push(`  ${kind}: ${error.message}`);
    }
  }
  throw new Error(`No MongoDB server is available for the tests.\n${reasons.join('\n')}`);
}
