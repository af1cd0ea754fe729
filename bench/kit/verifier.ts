import type { ApiKeysOptions } from '../../src/api-keys/options/api-keys.options';
import { systemClock } from '../../src/api-keys/ports/clock';
import { LocalRateLimiter } from '../../src/api-keys/limits/local-rate-limiter';
import type { ApiKeyRepository } from '../../src/api-keys/storage/api-key.repository';
import { MemoryUsageRepository } from '../../src/api-keys/usage/storage/memory-usage.repository';
import { UsageRecorder } from '../../src/api-keys/usage/usage-recorder';
import { FreshKeys } from '../../src/api-keys/verification/fresh-keys';
import { KeyVerifier } from '../../src/api-keys/verification/key-verifier';
import { ReuseRecorder } from '../../src/api-keys/verification/reuse-recorder';
import { StorageConfig } from '../../src/config/storage.config';

/** A verifier as the module creates it, and its cache. */
export interface BenchVerifier {
  readonly verifier: KeyVerifier;
  readonly fresh: FreshKeys;
}

/** Returns a verifier that counts usage, as in the service. */
export function verifierOver(repository: ApiKeyRepository, cacheMax?: number): BenchVerifier {
  const options: ApiKeysOptions = { storage: repository, freshness: { cacheMax } };
  const fresh = new FreshKeys(repository, options);
  const usage = new UsageRecorder(
    new MemoryUsageRepository(new StorageConfig().permitVolatile('usage')),
    options,
  );
  const reuse = new ReuseRecorder(repository, systemClock);
  const verifier = new KeyVerifier(fresh, options, systemClock, new LocalRateLimiter(), reuse, usage);
  return { verifier, fresh };
}
