import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { type ApiKeysModuleOptions } from 'keyward';
import { type MemoriesHost, startMemoriesHost } from '../memories-host';
import { ADAPTERS, type AdapterName, type HostPreparation } from '../two-adapters';
import { LIBRARIES, type Library } from './socket-client';

/** Each library for WebSockets on each HTTP adapter. */
export const COMBINATIONS = ADAPTERS.flatMap((adapter) =>
  LIBRARIES.map((library): readonly [Library, AdapterName] => [library, adapter]),
);

/** Installs the adapter of a library. */
export function useSockets(app: INestApplication, library: Library): void {
  app.useWebSocketAdapter(library === 'ws' ? new WsAdapter(app) : new IoAdapter(app));
}

/** Starts the tenants' application with gateways. */
export async function startSocketsHost(
  library: Library,
  adapter: AdapterName,
  metadata: ModuleMetadata,
  options: Partial<ApiKeysModuleOptions> = {},
  prepare: HostPreparation = {},
): Promise<MemoriesHost> {
  return startMemoriesHost(adapter, options, metadata, {
    ...prepare,
    app: (app) => {
      useSockets(app, library);
      prepare.app?.(app);
    },
  });
}
