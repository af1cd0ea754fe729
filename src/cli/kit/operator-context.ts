import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { inTime } from '../../common/in-time';
import { ConfigurationError } from '../../problems/configuration.error';
import { storageKindOf } from '../../settings/environment';
import { loadEnvironment } from '../../settings/load-environment';
import { OperatorLogger } from './operator.logger';
import { OperatorModule } from './operator.module';

/** How long a connection may take to close politely; all that counts is done by then. */
const CLOSE_MS = 1000;

/**
 * Runs an operator's command over the service's own store, and closes it behind. Nothing runs but the command: see
 * {@link OperatorModule}.
 *
 * @throws ConfigurationError if the environment is wrong, or nothing that the command does would last
 * @throws UnreachableError if the database cannot be reached within `MONGODB_CONNECT_TIMEOUT_MS`
 */
export async function asOperator<T>(work: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  const environment = loadEnvironment();
  if (storageKindOf(environment) === 'memory') {
    throw new ConfigurationError(
      'memory storage ends with this command, and so would its work: set MONGODB_URI to the database of the keys. In a clone of Keyward without MongoDB, use the root key that "npm start" prints.',
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
