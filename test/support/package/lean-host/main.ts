import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  ApiKeysModule,
  ApiKeysService,
  RequireScopes,
  rootCaller,
  Tenant,
  type TenantContext,
} from 'keyward';

@Controller('orgs/:orgId/memories')
class MemoriesController {
  @Get()
  @RequireScopes('memory:read')
  list(@Tenant() { orgId = '' }: TenantContext): string[] {
    return [orgId];
  }
}

@Module({
  imports: [
    ApiKeysModule.forRoot({ storage: 'memory', ...(process.env['ROUTES'] === 'off' && { routes: false }) }),
  ],
  controllers: [MemoriesController],
})
class AppModule {}

/** Prints the new name of a key, and the statuses of the guard before and after its rotation and its revocation. */
async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const asked = async (token: string): Promise<number> => {
    const headers = { Authorization: `Bearer ${token}` };
    return (await fetch(`${url}/orgs/acme/memories`, { headers })).status;
  };
  const keys = app.get(ApiKeysService);
  const system = rootCaller('system');
  const acme = await keys.create(system, { name: 'acme', scopes: ['memory:read'], orgId: 'acme' });
  const globex = await keys.create(system, { name: 'globex', scopes: ['memory:read'], orgId: 'globex' });
  const answers = [await asked(acme.token), await asked(globex.token)];
  const { name } = await keys.update(system, acme.key.id, { name: 'renamed' });
  const { token } = await keys.rotate(system, acme.key.id);
  answers.push(await asked(acme.token), await asked(token));
  await keys.revoke(system, acme.key.id);
  answers.push(await asked(token));
  process.stdout.write(`${name} ${answers.join(' ')}\n`);
  await app.close();
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
