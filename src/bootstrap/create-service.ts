import type { IncomingMessage } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientAddress } from '../http/client-address';
import { AppModule } from './app.module';
import { type Environment, logFormatOf } from '../settings/environment';
import { loadEnvironment } from '../settings/load-environment';
import { BODY_LIMIT_BYTES } from '../http/request-body';
import { HttpMetrics } from '../health/http-metrics';
import { type Answered, logRequests } from '../logs/access-log';
import { requestIdOf } from '../logs/request-id';
import { ServiceLogger } from '../logs/service.logger';
import { answerClientError } from './client-error';
import { boundConnections, CONNECTION_BOUNDS } from './connection-bounds';
import { allowOrigins } from './cross-origin';
import { answerFrameworkError } from './send-problem';
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
 * Creates the service, ready to listen.
 *
 * @throws ConfigurationError if the environment is invalid or the storage is not allowed
 */
export async function createService(): Promise<NestFastifyApplication> {
  const environment = loadEnvironment();
  const logger = new ServiceLogger();
  logger.writeFrom('warn');
  logger.writeAs(logFormatOf(environment));
  let answered: Answered | undefined;
  const adapter = new FastifyAdapter({
    http: CONNECTION_BOUNDS,
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // During a shutdown, requests on open connections are still answered.
    return503OnClosing: false,
    genReqId: (request: IncomingMessage) => requestIdOf(request, (text) => logger.holdsCredential(text)),
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      answerFrameworkError(error, request, reply, answered),
  });
  const fastify = adapter.getInstance();
  fastify.removeContentTypeParser('text/plain');
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.over(environment), adapter, {
    abortOnError: false,
    logger,
  });
  logger.writeFrom(environment.LOG_LEVEL);
  logger.redactImported(environment.IMPORT_TOKEN_PREFIXES);
  boundConnections(fastify.server, environment.REQUEST_TIMEOUT_MS, environment.KEEP_ALIVE_TIMEOUT_MS);

  const signIn = isDocumented(environment) ? signInOf(environment) : undefined;
  answered = logRequests(fastify, {
    logger,
    metrics: app.get(HttpMetrics),
    clientAddress: app.get(ClientAddress),
  });
  secureHeaders(fastify, () => signIn?.origins ?? []);
  demandHost(fastify);
  meetExpectations(fastify.server);
  app.get(Traffic).watch(fastify);
  if (environment.METRICS_PORT !== undefined) app.get(OperationsPort).divide(fastify);
  allowOrigins(app, environment.CORS_ORIGINS);
  serveDiscovery(fastify, environment.PUBLIC_URL);
  app.useGlobalFilters(app.get(ServiceFilter));
  if (isDocumented(environment)) serveDocumentation(app, signIn);
  return app;
}

function signInOf({
  OIDC_ISSUER: issuer,
  OIDC_SWAGGER_CLIENT_ID: clientId,
  OIDC_AUDIENCE: [audience],
}: Environment): SignIn | undefined {
  return issuer === undefined || clientId === undefined || audience === undefined
    ? undefined
    : new SignIn({ issuer, clientId, audience });
}

/** Returns whether to serve Swagger UI. It shows every route to everyone, so in production it is off by default. */
export function isDocumented({ SWAGGER: wish, NODE_ENV: environment }: Environment): boolean {
  return wish === undefined ? environment !== 'production' : wish === 'on';
}
