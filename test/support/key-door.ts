import { Admission } from '../../src/api-keys/access/admission';
import type { ApiKeysOptions } from '../../src/api-keys/options/api-keys.options';
import type { ApiKeyWithHistory } from '../../src/api-keys/domain/api-key';
import { systemClock } from '../../src/api-keys/ports/clock';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { issueToken } from '../../src/api-keys/domain/token/key-token';
import { FailedCredentials } from '../../src/api-keys/limits/failed-credentials';
import { LocalRateLimiter } from '../../src/api-keys/limits/local-rate-limiter';
import { MemoryApiKeyRepository } from '../../src/api-keys/storage/memory-api-key.repository';
import { UsageRecorder } from '../../src/api-keys/usage/usage-recorder';
import { DecisionMetrics } from '../../src/api-keys/verification/decision-metrics';
import { FreshKeys } from '../../src/api-keys/verification/fresh-keys';
import { KeyVerifier } from '../../src/api-keys/verification/key-verifier';
import { KeyWatch } from '../../src/api-keys/verification/key-watch';
import { ReuseRecorder } from '../../src/api-keys/verification/reuse-recorder';
import { StorageConfig } from '../../src/config/storage.config';
import { aKey } from '../../src/testing/contract/key-fixtures';

/** The services that decide about requests on guarded routes, without an application. */
export interface KeyDoor {
  readonly options: ApiKeysOptions;
  readonly repository: MemoryApiKeyRepository;
  readonly verifier: KeyVerifier;
  readonly admission: Admission;
  readonly metrics: DecisionMetrics;
  /** Stores a new key, and returns its id and token. */
  give(fields?: Partial<ApiKeyWithHistory>): Promise<{ readonly id: string; readonly token: string }>;
}

/** Creates these services over an empty memory store. */
export function keyDoor(chosen: Partial<ApiKeysOptions> = {}): KeyDoor {
  const options: ApiKeysOptions = { storage: 'memory', ...chosen };
  const repository = new MemoryApiKeyRepository(new StorageConfig().permitVolatile('the store of this test'));
  const metrics = new DecisionMetrics();
  const fresh = new FreshKeys(repository, options);
  const verifier = new KeyVerifier(
    fresh,
    options,
    systemClock,
    new LocalRateLimiter(),
    new ReuseRecorder(repository, systemClock),
    new UsageRecorder(null, options),
  );
  return {
    options,
    repository,
    verifier,
    metrics,
    admission: new Admission(
      verifier,
      new FailedCredentials(options),
      metrics,
      new KeyWatch(fresh, systemClock),
      options,
    ),
    give: async (fields = {}) => {
      const { keyId: id, hash, token } = issueToken('kw', newKeyId(new Date()));
      await repository.insert(aKey({ id, secrets: [{ hash, createdAt: new Date() }], ...fields }));
      return { id, token };
    },
  };
}
