import 'reflect-metadata';
import { hash } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
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
import { RequireScopes } from '../../src/api-keys/access/access.decorators';
import { ApiKeysModule } from '../../src/api-keys.module';
import { ApiKeysService } from '../../src/api-keys/management/api-keys.service';
import { rootCaller } from '../../src/api-keys/domain/caller';

/** The name of the guard that protects the route. */
export type Guarding = 'scopes-guard' | 'one SHA-256' | 'token in clear' | 'no-op guard' | 'no guard';

export type Adapter = 'fastify' | 'express';

/** The address and the token of each application. */
export type Listening = Readonly<Record<Guarding, { readonly port: number; readonly token: string }>>;

/** Returns the processor time used so far, in microseconds. */
export interface Used {
  readonly used: number;
}

@Injectable()
class NoOpGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/** Does only what every guard for API keys must do: reads the token and hashes it. */
@Injectable()
class DigestGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.getArgByIndex<{ headers: { authorization?: string } }>(0);
    return hash('sha256', (headers.authorization ?? '').slice(7)).length === 64;
  }
}

/** Looks up the token in plain text, without hashing it. Keyward never does this. */
@Injectable()
class ClearGuard implements CanActivate {
  private readonly known = new Set<string>();

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.getArgByIndex<{ headers: { authorization?: string } }>(0);
    const { authorization = '' } = headers;
    if (this.known.size === 0) this.known.add(authorization);
    return this.known.has(authorization);
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
  'token in clear': { providers: [{ provide: APP_GUARD, useClass: ClearGuard }] },
  'no-op guard': { providers: [{ provide: APP_GUARD, useClass: NoOpGuard }] },
  'no guard': {},
};

/** An invalid token of the same length as a valid one. */
const NO_TOKEN = `kw_${'0'.repeat(26)}_${'0'.repeat(49)}`;

async function start(adapter: Adapter, guarding: Guarding): Promise<Listening[Guarding]> {
  @Module({ ...GUARDED[guarding], controllers: [MemoriesController] })
  class ApplicationModule {}

  const app = await NestFactory.create(
    ApplicationModule,
    adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
    { logger: false, abortOnError: false },
  );
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as Server;
  // An application that gets no requests for a while keeps its connections.
  server.keepAliveTimeout = 0;
  const { port } = server.address() as AddressInfo;
  if (guarding !== 'scopes-guard') return { port, token: NO_TOKEN };
  const key = { name: 'bench', scopes: ['memory:read'], orgId: 'acme' };
  const { token } = await app.get(ApiKeysService).create(rootCaller('system'), key);
  return { port, token };
}

async function main(adapter: Adapter): Promise<void> {
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ used: user + system } satisfies Used);
  });
  process.on('disconnect', () => process.exit());
  process.send?.({
    'no guard': await start(adapter, 'no guard'),
    'no-op guard': await start(adapter, 'no-op guard'),
    'token in clear': await start(adapter, 'token in clear'),
    'one SHA-256': await start(adapter, 'one SHA-256'),
    'scopes-guard': await start(adapter, 'scopes-guard'),
  } satisfies Listening);
}

void main(process.argv[2] as Adapter);
