import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ApiKeysService, rootCaller } from 'keyward';
import { AppModule } from './app.module';

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, new FastifyAdapter());
  await app.listen(Number(process.env['PORT'] ?? 3001), '127.0.0.1');
  const { token } = await app.get(ApiKeysService).create(rootCaller('system'), {
    name: 'first key of acme',
    scopes: ['memory:*', 'api-keys:*'],
    orgId: 'acme',
  });
  process.stderr.write(`memories: ${await app.getUrl()}/orgs/acme/projects/apollo/memories, key ${token}\n`);
}

void main();
