import type { INestApplicationContext } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { rootCaller } from '../api-keys/domain/caller';
import type { CreateApiKey } from '../api-keys/domain/new-key';
import { ApiKeysService } from '../api-keys/management/api-keys.service';
import { FreshKeys } from '../api-keys/verification/fresh-keys';
import { StorageConfig } from '../config/storage.config';
import { MisuseError } from '../problems/misuse.error';

const REJECTED_WITHIN_MS = 10_000;
const CHECK_EVERY_MS = 2;

const system = rootCaller('system');

/** A key for a test, as {@link issueTestKey} returns it. */
export interface TestKey {
  /** The id of the key. */
  readonly id: string;
  /** The token that requests send. */
  readonly token: string;
  /** The headers of a request that sends the token. */
  readonly headers: { readonly authorization: string };
}

/**
 * Creates a key in an application, with any scopes and any tenant.
 *
 * @param app the application, or its compiled testing module
 * @param grant what the key holds; its default name is `test key`
 * @throws ConfigurationError if `NODE_ENV` is neither `development` nor `test`
 * @throws UnacceptableFieldError if a field is unknown or invalid
 * @example
 * const { headers } = await issueTestKey(app, { scopes: ['memory:read'], orgId: 'acme' });
 * const response = await fetch(`${url}/orgs/acme/memories`, { headers });
 */
export async function issueTestKey(
  app: INestApplicationContext,
  grant: Partial<CreateApiKey> & Pick<CreateApiKey, 'scopes'>,
): Promise<TestKey> {
  new StorageConfig().permitTesting('issueTestKey');
  const { key, token } = await app.get(ApiKeysService).create(system, { name: 'test key', ...grant });
  return { id: key.id, token, headers: { authorization: `Bearer ${token}` } };
}

/**
 * Revokes a key, and resolves when this application rejects it. Other instances follow within the revocation bound.
 *
 * @param app the application, or its compiled testing module
 * @throws ConfigurationError if `NODE_ENV` is neither `development` nor `test`
 * @throws KeyNotFoundError if there is no key with this id
 * @throws MisuseError if the application still accepts the key after 10 seconds, because the change feed of its repository
 *   did not announce the revocation
 */
export async function revokeTestKey(app: INestApplicationContext, id: string): Promise<void> {
  new StorageConfig().permitTesting('revokeTestKey');
  await app.get(ApiKeysService).revoke(system, id);
  const { keys } = app.get(FreshKeys);
  const deadline = performance.now() + REJECTED_WITHIN_MS;
  while (mayAccept(keys, id)) {
    if (performance.now() >= deadline) {
      throw new MisuseError(
        `the key ${id} is revoked, but this application still accepts it: ` +
          'the change feed of its repository did not announce the change',
      );
    }
    await pause(CHECK_EVERY_MS);
  }
}

/** Returns whether the cache, or a read in progress, may contain the key in its state before the revocation. */
function mayAccept(keys: FreshKeys['keys'], id: string): boolean {
  if (keys.isReading(id)) return true;
  const cached = keys.recall(id);
  return cached !== undefined && cached.key.revokedAt === undefined && !keys.isStale;
}
