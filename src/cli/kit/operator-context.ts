import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { inTime } from '../../common/in-time';
import { ConfigurationError } from '../../problems/configuration.error';
import { storageKindOf } from '../../settings/environment';
import { loadEnvironment } from '../../settings/load-environment';
import { OperatorLogger } from './operator.logger';
import { OperatorModule } from './operator.module';

/** The maximum time to close the connection after the work of the command is done. */
const CLOSE_MS = 1000;

/**
 * Runs a command with the store of the service, and then closes the store. No other part of the service runs, see
 * {@link OperatorModule}.
 *
 * @throws ConfigurationError if the environment is invalid, or selects memory storage
 * @throws UnreachableError if the database is unreachable for `MONGODB_CONNECT_TIMEOUT_MS`
 */
export async function asOperator<T>(work: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  const environment = loadEnvironment();
  if (storageKindOf(environment) === 'memory') {
    throw new ConfigurationError(
      'memory storage is lost when this command ends: set MONGODB_URI to the database of the keys. In a clone of Keyward without MongoDB, use the root key that "npm start" prints.',
    );
  }
  const app = await NestFactory.createApplicationContext(OperatorModule.over(environment), {
    abortOnError: false,
    logger: new OperatorLogger(),
  });
  try {
    return await work(app);
  } finally {
    await inTime(app.close(), CLOSE_MS).catch(() => undefined);
  }
}
