import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../app.module';
import type { Environment } from '../config/environment';
import { answerClientError } from './client-error';
import { answerFrameworkError } from './framework-error';
import { ServiceFilter } from './service.filter';
import { SignIn } from './sign-in';
import { ServiceLogger } from './service.logger';
import { serveDocumentation } from './swagger';
import { leaveBodiesUnread } from './unread-bodies';

const BODY_LIMIT_BYTES = 256 * 1024;
const MAX_PARAM_LENGTH = 512;
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
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
  });
  // Node drops headers beyond a count silently, X-Forwarded-For among them; the bound on their size refuses them instead.
  adapter.getInstance().server.maxHeadersCount = 0;
  adapter.getInstance().removeContentTypeParser('text/plain');
  leaveBodiesUnread(adapter.getInstance(), '/v1/forward-auth');
  const logger = new ServiceLogger();
  logger.writeFrom('warn');
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(), adapter, {
    abortOnError: false,
    logger,
  });
  const config = app.get<ConfigService<Environment, true>>(ConfigService);
  logger.writeFrom(config.get('LOG_LEVEL', { infer: true }));
  app.useGlobalFilters(app.get(ServiceFilter));
  app.enableShutdownHooks();
  if (isDocumented(config)) serveDocumentation(app, signInOf(config));
  return app;
}

function signInOf(config: ConfigService<Environment, true>): SignIn | undefined {
  const issuer = config.get('OIDC_ISSUER', { infer: true });
  const clientId = config.get('OIDC_SWAGGER_CLIENT_ID', { infer: true });
  const [audience] = config.get('OIDC_AUDIENCE', { infer: true });
  return issuer === undefined || clientId === undefined || audience === undefined
    ? undefined
    : new SignIn({ issuer, clientId, audience });
}

/** Swagger UI shows every route to everyone, so production serves it only where it is asked for. */
export function isDocumented(config: ConfigService<Environment, true>): boolean {
  const wish = config.get('SWAGGER', { infer: true });
  return wish === undefined ? config.get('NODE_ENV', { infer: true }) !== 'production' : wish === 'on';
}
