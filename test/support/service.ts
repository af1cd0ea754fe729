import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKeysService, type CreateApiKey, type IssuedApiKey, rootCaller } from 'keyward';
import { createService } from '../../src/bootstrap/create-service';
import { USER_REPOSITORY, type UserRepository } from '../../src/users/storage/user.repository';
import { HttpClient } from './http-client';
import { aUser } from './user-fixtures';
import { testDatabaseUri } from './test-database';

/** The service in the process of the test, on a free port, with a root key. */
export interface TestService {
  readonly app: NestFastifyApplication;
  readonly url: string;
  /** Returns a client that sends a token, or none. */
  as(token?: string): HttpClient;
  /** Creates a key as the operator. */
  issue(request: Partial<CreateApiKey>): Promise<IssuedApiKey>;
  /** Creates an active user with this id, so that keys can have this owner. */
  owner(id: string): Promise<void>;
  readonly root: IssuedApiKey;
  stop(): Promise<void>;
}

/** Starts the whole service with the given storage, like `main.ts`. */
export async function startService(
  storage: 'memory' | 'mongo',
  environment: Readonly<Record<string, string>> = {},
): Promise<TestService> {
  const settings: Readonly<Record<string, string>> = {
    LOG_LEVEL: 'fatal',
    STORAGE: storage,
    ...(storage === 'mongo' && { MONGODB_URI: testDatabaseUri() }),
    ...environment,
  };
  const before = { ...process.env };
  Object.assign(process.env, settings);
  const app = await createService().finally(() => {
    for (const name of Object.keys(settings)) delete process.env[name];
    Object.assign(process.env, before);
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const issue = async (request: Partial<CreateApiKey>): Promise<IssuedApiKey> =>
    app.get(ApiKeysService).create(rootCaller('system'), { name: 'test', scopes: [], ...request });
  return {
    app,
    url,
    as: (token) => new HttpClient(url, token),
    issue,
    owner: async (id) => app.get<UserRepository>(USER_REPOSITORY).insert(aUser({ id })),
    root: await issue({ name: 'root', scopes: ['*'] }),
    stop: async () => app.close(),
  };
}
