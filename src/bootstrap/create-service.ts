import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../app.module';
import type { Environment } from '../config/environment';
import { answerClientError } from './client-error';
import { logLevelsOf } from './log-levels';
import { ServiceFilter } from './service.filter';
import { serveDocumentation } from './swagger';

const BODY_LIMIT_BYTES = 256 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 5_000;

/**
 * The service, ready to listen.
 *
 * @throws ConfigurationError if the environment is wrong or the storage is refused
 */
export async function createService(): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    clientErrorHandler: answerClientError,
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(), adapter, {
    abortOnError: false,
    bufferLogs: true,
  });
  const config = app.get<ConfigService<Environment, true>>(ConfigService);
  app.useLogger(logLevelsOf(config.get('LOG_LEVEL', { infer: true })));
  app.flushLogs();
  app.useGlobalFilters(app.get(ServiceFilter));
  app.enableShutdownHooks();
  if (isDocumented(config)) serveDocumentation(app);
  return app;
}

/** Swagger UI shows every route to everyone, so production serves it only where it is asked for. */
export function isDocumented(config: ConfigService<Environment, true>): boolean {
  const wish = config.get('SWAGGER', { infer: true });
  return wish === undefined ? config.get('NODE_ENV', { infer: true }) !== 'production' : wish === 'on';
}
