import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ApiKeysService, rootCaller } from 'keyward';
import { Adapter } from './adapter';
import { AppModule } from './app.module';

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, new Adapter(), {
    logger: false,
    abortOnError: false,
  });
  await app.listen(0, '127.0.0.1');
  const { token } = await app
    .get(ApiKeysService)
    .create(rootCaller('system'), { name: 'first', scopes: ['*'] });
  process.stdout.write(`listening on ${await app.getUrl()} ${token}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
