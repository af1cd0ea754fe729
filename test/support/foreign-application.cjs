// A host application that imports the built package. STORE selects where it would keep its keys.
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { FastifyAdapter } = require('@nestjs/platform-fastify');
const { ApiKeysModule } = require('keyward');

const repository = {
  prepare: async () => undefined,
  insert: async () => undefined,
  find: async () => null,
  findWithHistory: async () => null,
  replace: async () => false,
  list: async () => [],
};
const stores = {
  memory: 'memory',
  undeclared: repository,
  volatile: { ...repository, durability: 'volatile' },
  durable: { ...repository, durability: 'durable' },
};

class AppModule {}
Module({ imports: [ApiKeysModule.forRoot({ storage: stores[process.env.STORE] })] })(AppModule);

async function main() {
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'fatal'] });
  await app.listen(Number(process.env.PORT), '127.0.0.1');
  process.stderr.write(`listening on ${await app.getUrl()}\n`);
}

void main();
