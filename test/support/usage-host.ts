import type { ModuleMetadata } from '@nestjs/common';
import { getConnectionToken, MongooseModule } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { register } from 'prom-client';
import { ApiKeysModule, type ApiKeysOptions, ApiKeysService, rootCaller } from 'keyward';
import type { HttpAnswer, HttpClient } from './http-client';
import { type RunningHost, startHost } from './two-adapters';

/** A new key: its id, and a client that uses it. */
export interface IssuedUser {
  readonly id: string;
  readonly client: HttpClient;
  /** Sends one request with the key to forward-auth, which counts the use but does not wait for the usage store. */
  readonly pass: () => Promise<HttpAnswer>;
}

/** An application with keys in memory and usage in MongoDB, so that an outage affects only usage. */
export interface UsageHost extends RunningHost {
  readonly connection: Connection;
  issue(orgId: string, scopes?: readonly string[]): Promise<IssuedUser>;
}

export async function startUsageHost(
  uri: string,
  usage: ApiKeysOptions['usage'] = {},
  order: 'keys first' | 'database first' = 'database first',
): Promise<UsageHost> {
  const modules: NonNullable<ModuleMetadata['imports']> = [
    MongooseModule.forRoot(uri, { serverSelectionTimeoutMS: 2000, monitorCommands: true }),
    ApiKeysModule.forRoot({ storage: 'memory', usage: { storage: 'mongo', ...usage } }),
  ];
  const host = await startHost('fastify', {
    imports: order === 'keys first' ? modules.toReversed() : modules,
  });
  return {
    ...host,
    connection: host.app.get<Connection>(getConnectionToken()),
    issue: async (orgId, scopes = []) => {
      const { key, token } = await host.app
        .get(ApiKeysService)
        .create(rootCaller('system'), { name: 'test', scopes, orgId });
      const client = host.as(token);
      const pass = async (): Promise<HttpAnswer> =>
        client.get(`/v1/forward-auth?authenticated=1&org=${orgId}`);
      return { id: key.id, client, pass };
    },
  };
}

/** Returns the number of dropped uses in the metrics. */
export async function droppedUses(): Promise<number> {
  const metric = await register.getSingleMetric('keyward_usage_dropped_total')?.get();
  return metric?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
}
