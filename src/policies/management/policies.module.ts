import { type DynamicModule, Module } from '@nestjs/common';
import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { POLICY_OUTBOX } from '../../api-keys/ports/outbox';
import { POLICIES } from '../../api-keys/ports/policies';
import { StorageConfig } from '../../config/storage.config';
import { openStore } from '../../mongo/open-store';
import { checkedPoliciesOptions, type PoliciesOptions } from '../policies.options';
import { POLICY_REPOSITORY, type PolicyRepository } from '../storage/policy.repository';
import { policyStores } from '../storage/policy-storage';
import { StoredPolicies } from '../storage/stored-policies';
import { PoliciesController } from './policies.controller';
import { PoliciesService } from './policies.service';

/**
 * Adds policies, which suspend or restrict all keys of an organisation or of an owner. Provides the ports that
 * `ApiKeysModule` declares for policies. Import both modules; `ApiKeysModule` must be global, as it is by default.
 *
 * @example
 * \@Module({
 *   imports: [
 *     MongooseModule.forRoot(process.env.MONGODB_URI),
 *     ApiKeysModule.forRoot({ storage: 'mongo' }),
 *     PoliciesModule.forRoot({ storage: 'mongo' }),
 *   ],
 * })
 * export class AppModule {}
 */
@Module({})
export class PoliciesModule {
  /**
   * Returns the module with these options.
   *
   * @throws ConfigurationError if an option is unknown or invalid, and at start if the storage is not allowed
   */
  static forRoot(given: PoliciesOptions): DynamicModule {
    const { storage, connectionName, routes = true, freshness } = checkedPoliciesOptions(given);
    return {
      module: PoliciesModule,
      global: true,
      controllers: routes ? [PoliciesController] : [],
      providers: [
        {
          provide: POLICY_REPOSITORY,
          inject: [StorageConfig, { token: getConnectionToken(connectionName), optional: true }],
          useFactory: async (storageConfig: StorageConfig, connection: Connection | null | undefined) =>
            openStore(storage, policyStores(freshness), storageConfig, connection),
        },
        StoredPolicies,
        PoliciesService,
        { provide: POLICIES, useExisting: StoredPolicies },
        {
          provide: POLICY_OUTBOX,
          inject: [POLICY_REPOSITORY],
          useFactory: ({ outbox }: PolicyRepository) => outbox,
        },
      ],
      exports: [POLICY_REPOSITORY, PoliciesService, POLICIES, POLICY_OUTBOX],
    };
  }
}
