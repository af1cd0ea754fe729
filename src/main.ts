import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import { createService, isDocumented } from './bootstrap/create-service';
import { exitUnstarted } from './bootstrap/fatal';
import { createRootKey } from './bootstrap/root-key';
import { type Environment, storageKindOf } from './config/environment';

async function main(): Promise<void> {
  const app = await createService();
  const config = app.get<ConfigService<Environment, true>>(ConfigService);
  await app.listen(config.get('PORT', { infer: true }), config.get('HOST', { infer: true }));
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

main().catch(exitUnstarted);
