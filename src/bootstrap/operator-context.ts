import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app.module';
import { ConfigurationError } from '../config/configuration.error';
import { readEnvironment, storageKindOf } from '../config/environment';
import { ServiceLogger } from '../logs/service.logger';

/**
 * Runs an operator's command over the service's own store, and closes it behind.
 *
 * @throws ConfigurationError if the environment is wrong, or nothing that the command does would last
 */
export async function asOperator<T>(work: (app: INestApplicationContext) => Promise<T>): Promise<T> {
  const logger = new ServiceLogger('stderr');
  logger.writeFrom('warn');
  const module = AppModule.forRoot();
  if (storageKindOf(readEnvironment(process.env)) === 'memory') {
    throw new ConfigurationError(
      'memory storage ends with this command, and so would its work: set MONGODB_URI, or use the root key that "npm start" prints.',
    );
  }
  const app = await NestFactory.createApplicationContext(module, { abortOnError: false, logger });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
