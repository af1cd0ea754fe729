import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnApplicationShutdown,
  Optional,
} from '@nestjs/common';
import { getConnectionToken } from '@nestjs/mongoose';
import { type Connection, createConnection } from 'mongoose';
import { setTimeout as pause } from 'node:timers/promises';
import { ConfigurationError, UnreachableError } from '../problems/configuration.error';

const RETRY_MS = 1000;
const SERVER_SELECTION_MS = 2000;
const MIN_SELECTION_MS = 250;

/** The MongoDB deployment to connect to. */
export interface MongoTarget {
  readonly uri: string;
  /** How long to retry the first connection, in milliseconds. */
  readonly connectTimeoutMs: number;
}

/**
 * Provides the service's connection to MongoDB under the token of `@nestjs/mongoose`, or `null` if the service does not
 * use MongoDB. The module retries the first connection until `connectTimeoutMs` has passed. After that, the driver
 * reconnects automatically.
 */
@Module({})
export class MongoConnectionModule implements OnApplicationShutdown {
  constructor(@Optional() @Inject(getConnectionToken()) private readonly connection: Connection | null) {}

  /** @param target `null` if the service does not use MongoDB */
  static forRoot(target: MongoTarget | null): DynamicModule {
    return {
      module: MongoConnectionModule,
      global: true,
      providers: [
        {
          provide: getConnectionToken(),
          useFactory: async () => target && connectToMongo(target.uri, target.connectTimeoutMs),
        },
      ],
      exports: [getConnectionToken()],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection?.close();
  }
}

/**
 * Connects to MongoDB, and retries while the failure may be temporary.
 *
 * @param timeoutMs how long to retry, in milliseconds
 * @throws UnreachableError if the database is still unreachable after `timeoutMs`
 * @throws ConfigurationError without a retry, if the database rejects the connection or the connection string is
 *   malformed
 */
export async function connectToMongo(uri: string, timeoutMs: number): Promise<Connection> {
  const logger = new Logger('MongoDB');
  const started = performance.now();
  const left = (): number => timeoutMs - (performance.now() - started);
  for (let attempt = 1; ; attempt += 1) {
    const selectionMs = Math.max(MIN_SELECTION_MS, Math.min(SERVER_SELECTION_MS, left()));
    try {
      const connection = await openMongo(uri, selectionMs, logger);
      if (selectionMs === SERVER_SELECTION_MS) return connection;
      // The driver would keep the shorter timeout, and an election takes longer than that.
      await connection.close();
      return await openMongo(uri, SERVER_SELECTION_MS, logger);
    } catch (error) {
      const reason = reasonOf(error);
      const transient = isTransient(error);
      if (left() <= 0 || !transient) {
        const Refusal = transient ? UnreachableError : ConfigurationError;
        throw new Refusal(
          `MongoDB could not be reached with MONGODB_URI within ${Math.round(performance.now() - started)} ms (${reason}): ` +
            'start the database or correct the connection string. There is no fallback to another storage.',
        );
      }
      logger.warn(
        `not reachable yet (${reason}), attempt ${attempt}; trying for another ${Math.ceil(left() / 1000)} s`,
      );
      await pause(Math.max(0, Math.min(RETRY_MS, left())));
    }
  }
}

async function openMongo(uri: string, serverSelectionTimeoutMS: number, logger: Logger): Promise<Connection> {
  const connection = createConnection();
  connection.on('error', (error: Error) => logger.warn(`connection error: ${error.name}`));
  try {
    return await connection.openUri(uri, { bufferCommands: false, serverSelectionTimeoutMS });
  } catch (error) {
    await connection.close(true).catch(() => undefined);
    throw error;
  }
}

/**
 * Returns the name of an error. Adds its message only if the failure may be temporary, because other messages may quote
 * the connection string and its password.
 */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return isTransient(error) ? `${error.name}: ${error.message}` : error.name;
}

/** Returns whether a failure may be temporary, for example because the database is still starting. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /ServerSelection|Network|Timeout/.test(error.name) || 'syscall' in error;
}
