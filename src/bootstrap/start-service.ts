import { Logger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigurationError } from '../config/configuration.error';
import { type Environment, storageKindOf } from '../settings/environment';
import { runningVersion } from '../settings/version';
import { createService, isDocumented } from './create-service';
import { OperationsPort } from './operations-port';
import { createRootKey } from './root-key';
import { timeForClients } from './shutdown-time';
import { Traffic } from './traffic';

type Config = ConfigService<Environment, true>;

/**
 * Starts the service and serves.
 *
 * @param endBy is told how the process is to end, once there is something to end
 */
export async function startService(endBy: (ending: () => Promise<void>) => void): Promise<void> {
  const app = await createService();
  const config = app.get<Config>(ConfigService);
  endBy(async () => end(app, config));
  process.on('uncaughtException', endByFault);
  await listen(app, config);
  const url = await app.getUrl();
  process.stderr.write(`keyward: listening on ${url} (version ${runningVersion()})\n`);

  const storage = storageKindOf({
    STORAGE: config.get('STORAGE', { infer: true }),
    MONGODB_URI: config.get('MONGODB_URI', { infer: true }),
  });
  if (storage === 'memory' && config.get('NODE_ENV', { infer: true }) === 'development') {
    const { token } = await createRootKey(app, 'system', 'root key of this start');
    const docs = isDocumented(config) ? `\nkeyward: try it at ${url}/docs` : '';
    process.stderr.write(`keyward: memory storage, lost at exit; root key: ${token}${docs}\n`);
  }
}

async function listen(app: NestFastifyApplication, config: Config): Promise<void> {
  const port = config.get('PORT', { infer: true });
  const host = config.get('HOST', { infer: true });
  await orConfigurationError('HOST and PORT', host, port, async () => app.listen(port, host));

  const operationsPort = config.get('METRICS_PORT', { infer: true });
  if (operationsPort === undefined) return;
  const operationsHost = config.get('METRICS_HOST', { infer: true });
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
      `cannot listen on ${host}, port ${port} (${error.message}): set ${settings} to a free one.`,
    );
  }
}

/** What nobody caught: through the log, which is redacted, and not as Node would write it. */
function endByFault(error: unknown): void {
  new Logger('Process').fatal(error);
  process.exit(1);
}

async function end(app: NestFastifyApplication, config: Config): Promise<void> {
  const logger = new Logger('Shutdown');
  const limit = config.get('SHUTDOWN_TIMEOUT_MS', { infer: true });
  setTimeout(() => {
    logger.error(`not done after ${limit} ms, ending all the same`);
    process.exit(1);
  }, limit).unref();
  const { server } = app.getHttpAdapter().getInstance();
  try {
    const delay = config.get('SHUTDOWN_DELAY_MS', { infer: true });
    const forClients = timeForClients(limit, delay);
    const cutOff = await app.get(Traffic).drain(server, delay, forClients);
    if (cutOff > 0)
      logger.warn(`cut off after ${Math.round(forClients)} ms, not done with their requests: ${cutOff}`);
    await app.close();
    process.exit(0);
  } catch (error) {
    logger.error(error);
    process.exit(1);
  }
}
