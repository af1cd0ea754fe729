import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createService, isDocumented } from './bootstrap/create-service';
import { exitUnstarted } from './bootstrap/fatal';
import { ConfigurationError } from './config/configuration.error';
import { createRootKey } from './bootstrap/root-key';
import { type Environment, storageKindOf } from './config/environment';

async function main(): Promise<void> {
  const app = await createService();
  const config = app.get<ConfigService<Environment, true>>(ConfigService);
  await listen(app, config);
  const url = await app.getUrl();
  process.stderr.write(`keyward: listening on ${url}\n`);

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

async function listen(app: NestFastifyApplication, config: ConfigService<Environment, true>): Promise<void> {
  const port = config.get('PORT', { infer: true });
  const host = config.get('HOST', { infer: true });
  try {
    await app.listen(port, host);
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new ConfigurationError(
      `cannot listen on ${host}, port ${port} (${error.message}): set HOST and PORT to a free one.`,
    );
  }
}

main().catch(exitUnstarted);
