import { rootCaller } from '../api-keys/domain/caller';
import { ApiKeysService } from '../api-keys/management/api-keys.service';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigurationError } from '../problems/configuration.error';
import { Environment, storageKindOf } from '../settings/environment';
import { runningVersion } from '../settings/version';
import { createService, isDocumented } from './create-service';
import { OperationsPort } from './operations-port';
import { timeForClients } from './shutdown-time';
import { Traffic } from './traffic';

/**
 * Starts the service.
 *
 * @param endBy receives the function that shuts the service down, as soon as there is something to shut down
 */
export async function startService(endBy: (ending: () => Promise<void>) => void): Promise<void> {
  const app = await createService();
  const environment = app.get(Environment);
  endBy(async () => end(app, environment));
  process.on('uncaughtException', endByFault);
  await listen(app, environment);
  const url = await app.getUrl();
  process.stderr.write(`keyward: listening on ${url} (version ${runningVersion()})\n`);

  if (storageKindOf(environment) === 'memory' && environment.NODE_ENV === 'development') {
    const request = { name: 'root key of this start', scopes: ['*'] };
    const { token } = await app.get(ApiKeysService).create(rootCaller('system'), request);
    const docs = isDocumented(environment) ? `\nkeyward: try it at ${url}/docs` : '';
    process.stderr.write(`keyward: memory storage, lost at exit; root key: ${token}${docs}\n`);
  }
}

async function listen(app: NestFastifyApplication, environment: Environment): Promise<void> {
  const { PORT: port, HOST: host } = environment;
  await orConfigurationError('HOST and PORT', host, port, async () => app.listen(port, host));

  const { METRICS_PORT: operationsPort, METRICS_HOST: operationsHost } = environment;
  if (operationsPort === undefined) return;
  const listening = async (): Promise<string> =>
    app.get(OperationsPort).listen(operationsPort, operationsHost);
  const url = await orConfigurationError(
    'METRICS_HOST and METRICS_PORT',
    operationsHost,
    operationsPort,
    listening,
  );
  process.stderr.write(`keyward: health and metrics on ${url}\n`);
}

async function orConfigurationError<T>(
  settings: string,
  host: string,
  port: number,
  listening: () => Promise<T>,
): Promise<T> {
  try {
    return await listening();
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new ConfigurationError(
      `cannot listen on ${host}, port ${port} (${error.message}): set ${settings} to a free address and port.`,
    );
  }
}

/** Logs an uncaught error and exits. Unlike Node's own output, the log is redacted. */
function endByFault(error: unknown): void {
  new Logger('Process').fatal(error);
  process.exit(1);
}

async function end(
  app: NestFastifyApplication,
  { SHUTDOWN_TIMEOUT_MS: limit, SHUTDOWN_DELAY_MS: delay }: Environment,
): Promise<void> {
  const logger = new Logger('Shutdown');
  setTimeout(() => {
    logger.error(`shutdown did not finish within ${limit} ms: exiting now`);
    process.exit(1);
  }, limit).unref();
  const { server } = app.getHttpAdapter().getInstance();
  try {
    const forClients = timeForClients(limit, delay);
    const cutOff = await app.get(Traffic).drain(server, delay, forClients);
    if (cutOff > 0)
      logger.warn(
        `closed ${cutOff} connections whose requests did not finish within ${Math.round(forClients)} ms`,
      );
    await app.close();
    process.exit(0);
  } catch (error) {
    logger.error(error);
    process.exit(1);
  }
}
