import type { INestApplicationContext } from '@nestjs/common';
import { ApiKeysService, type IssuedApiKey } from '../api-keys/management/api-keys.service';
import { rootCaller } from '../api-keys/domain/caller';

/** Makes a key that holds everything. */
export async function createRootKey(
  app: INestApplicationContext,
  actor: string,
  name: string,
): Promise<IssuedApiKey> {
  return app.get(ApiKeysService).create(rootCaller(actor), { name, scopes: ['*'] });
}
