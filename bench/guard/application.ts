import 'reflect-metadata';
import { hash } from 'node:crypto';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Module,
  type ModuleMetadata,
  Param,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { RequireScopes } from '../../src/api-keys/access/require-scopes.decorator';
import { ApiKeysModule } from '../../src/api-keys/api-keys.module';
import { ApiKeysService } from '../../src/api-keys/api-keys.service';
import { rootCaller } from '../../src/api-keys/domain/caller';

/** What stands before the route. */
export type Guarding = 'scopes-guard' | 'one SHA-256' | 'no-op guard' | 'no guard';

export type Adapter = 'fastify' | 'express';

/** Tells where it listens, and with which token. */
export interface Listening {
  readonly url: string;
  readonly token: string;
}

/** How much processor time it used so far, in microseconds. */
export interface Used {
  readonly used: number;
}

@Injectable()
class NoOpGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/** What no guard over API keys can do without: reading the token, and its digest. */
@Injectable()
class DigestGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.getArgByIndex<{ headers: { authorization?: string } }>(0);
    return hash('sha256', (headers.authorization ?? '').slice(7)).length === 64;
  }
}

@Controller('orgs/:orgId/memories')
class MemoriesController {
  @Get(':id')
  @RequireScopes('memory:read')
  read(@Param('orgId') orgId: string, @Param('id') id: string): object {
    return {
      id,
      orgId,
      title: 'What the night shift found out',
      tags: ['ingest', 'night', 'retry'],
      createdAt: '2030-01-02T03:04:05.678Z',
      text: 'The third import failed twice and then went through; nothing was lost on the way.',
    };
  }
}

const GUARDED: Readonly<Record<Guarding, ModuleMetadata>> = {
  'scopes-guard': { imports: [ApiKeysModule.forRoot({ storage: 'memory', routes: false })] },
  'one SHA-256': { providers: [{ provide: APP_GUARD, useClass: DigestGuard }] },
  'no-op guard': { providers: [{ provide: APP_GUARD, useClass: NoOpGuard }] },
  'no guard': {},
};

async function main(adapter: Adapter, guarding: Guarding): Promise<void> {
  @Module({ ...GUARDED[guarding], controllers: [MemoriesController] })
  class ApplicationModule {}

  const app = await NestFactory.create(
    ApplicationModule,
    adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
    { logger: false },
  );
  await app.listen(0, '127.0.0.1');
  let token = 'kw_01jd0000000000000000000000_0000000000000000000000000000000000000000000000000';
  if (guarding === 'scopes-guard') {
    const issued = await app
      .get(ApiKeysService)
      .create(rootCaller('system'), { name: 'bench', scopes: ['memory:read'], orgId: 'acme' });
    token = issued.token;
  }
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ used: user + system } satisfies Used);
  });
  process.on('disconnect', () => void app.close());
  process.send?.({ url: await app.getUrl(), token } satisfies Listening);
}

void main(process.argv[2] as Adapter, process.argv[3] as Guarding);
