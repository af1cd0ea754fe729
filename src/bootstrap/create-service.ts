import type { IncomingMessage } from 'node:http';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientAddress } from '../http/client-address';
import { AppModule } from './app.module';
import { type Environment, logFormatOf } from '../settings/environment';
import { BODY_LIMIT_BYTES } from '../http/request-body';
import { HttpMetrics } from '../health/http-metrics';
import { type Answered, logRequests } from '../logs/access-log';
import { requestIdOf } from '../logs/request-id';
import { ServiceLogger } from '../logs/service.logger';
import { answerClientError } from './client-error';
import { boundConnections, CONNECTION_BOUNDS } from './connection-bounds';
import { allowOrigins } from './cross-origin';
import { answerFrameworkError } from './framework-error';
import { serveDiscovery } from './discovery-documents';
import { demandHost, meetExpectations } from './odd-requests';
import { OperationsPort } from './operations-port';
import { secureHeaders } from './security-headers';
import { ServiceFilter } from './service.filter';
import { SignIn } from './sign-in';
import { serveDocumentation } from './swagger';
import { Traffic } from './traffic';

const MAX_PARAM_LENGTH = 512;

/**
 * The service, ready to listen.
 *
 * @throws ConfigurationError if the environment is wrong or the storage is refused
 */
export async function createService(): Promise<NestFastifyApplication> {
  const module = AppModule.forRoot();
  const logger = new ServiceLogger();
  logger.writeFrom('warn');
  // The settings are not checked yet, and what is wrong with them is to be read as well.
  logger.writeAs(logFormatOf(process.env));
  let answered: Answered | undefined;
  const adapter = new FastifyAdapter({
    http: CONNECTION_BOUNDS,
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // While the service shuts down, connections that are open are served to the end.
    return503OnClosing: false,
    genReqId: (request: IncomingMessage) => requestIdOf(request, (text) => logger.holdsCredential(text)),
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      answerFrameworkError(error, request, reply, answered),
  });
  const fastify = adapter.getInstance();
  fastify.removeContentTypeParser('text/plain');
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    abortOnError: false,
    logger,
  });
  const config = app.get<ConfigService<Environment, true>>(ConfigService);
  const setting = <K extends keyof Environment>(name: K): Environment[K] => config.get(name, { infer: true });
  logger.writeFrom(setting('LOG_LEVEL'));
  logger.redactImported(setting('IMPORT_TOKEN_PREFIXES'));
  boundConnections(fastify.server, setting('REQUEST_TIMEOUT_MS'), setting('KEEP_ALIVE_TIMEOUT_MS'));

  const signIn = isDocumented(config) ? signInOf(config) : undefined;
  answered = logRequests(fastify, {
    logger,
    metrics: app.get(HttpMetrics),
    clientAddress: app.get(ClientAddress),
  });
  secureHeaders(fastify, () => signIn?.origins ?? []);
  demandHost(fastify);
  meetExpectations(fastify.server);
  app.get(Traffic).watch(fastify);
  if (setting('METRICS_PORT') !== undefined) app.get(OperationsPort).divide(fastify);
  allowOrigins(app, setting('CORS_ORIGINS'));
  serveDiscovery(fastify, setting('PUBLIC_URL'));
  app.useGlobalFilters(app.get(ServiceFilter));
  if (isDocumented(config)) serveDocumentation(app, signIn);
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
