import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ApiKeysService, rootCaller } from 'keyward';
import { AppModule } from './app.module';

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  await app.listen(Number(process.env['PORT'] ?? 3003), '127.0.0.1');
  const grant = { name: 'first key of acme', scopes: ['memory:*'], orgId: 'acme' };
  const { token } = await app.get(ApiKeysService).create(rootCaller('system'), grant);
  process.stderr.write(`websockets: ${await app.getUrl()}, key ${token}\n`);
}

void main();
