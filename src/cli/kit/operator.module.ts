import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../../api-keys/options/api-keys.options';
import { ApiKeysService } from '../../api-keys/management/api-keys.service';
import { CLOCK, systemClock } from '../../api-keys/ports/clock';
import { KeyImportService } from '../../api-keys/management/import/key-import.service';
import { KeyCeilings } from '../../api-keys/management/key-ceilings.service';
import { OWNER_KEY_LIMIT } from '../../api-keys/ports/owner-key-limit';
import { API_KEY_REPOSITORY } from '../../api-keys/storage/api-key.repository';
import { API_KEY_MODEL, type ApiKeyDocument, ApiKeySchema } from '../../api-keys/storage/api-key.schema';
import { MongoApiKeyRepository } from '../../api-keys/storage/mongo-api-key.repository';
import { MongoUsageRepository } from '../../api-keys/usage/storage/mongo-usage.repository';
import { USAGE_REPOSITORY } from '../../api-keys/ports/usage.repository';
import { USAGE_MODEL, type UsageDocument, UsageSchema } from '../../api-keys/usage/storage/usage.schema';
import { KeyUsageService } from '../../api-keys/management/key-usage.service';
import { OWNER_STATUS } from '../../api-keys/ports/owner-status';
import { type Environment, mongoOf } from '../../settings/environment';
import { MongoConnectionModule } from '../../mongo/mongo-connection.module';
import { PoliciesService } from '../../policies/management/policies.service';
import { MongoPolicyRepository } from '../../policies/storage/mongo-policy.repository';
import { POLICY_REPOSITORY } from '../../policies/storage/policy.repository';
import { POLICY_MODEL, type PolicyDocument, PolicySchema } from '../../policies/storage/policy.schema';
import { StoredPolicies } from '../../policies/storage/stored-policies';
import { POLICIES } from '../../api-keys/ports/policies';
import { KeyLimitOfUsers } from '../../users/owners/key-limit.service';
import { UserStatusOfOwners } from '../../users/owners/owner-status.service';
import { MongoUserRepository } from '../../users/storage/mongo-user.repository';
import { USER_REPOSITORY } from '../../users/storage/user.repository';
import { USER_MODEL, type UserDocument, UserSchema } from '../../users/storage/user.schema';
import { USERS_OPTIONS, type UsersOptions } from '../../users/users.options';

/**
 * The providers for operator commands: the services that manage keys and policies, with the store of the service. It lists each
 * provider explicitly, so that background work of the service never runs in a command (decision record 0042). It does
 * not prepare the store, so a command that lists keys builds no index.
 */
@Module({})
export class OperatorModule {
  static over(environment: Environment): DynamicModule {
    return {
      module: OperatorModule,
      imports: [MongoConnectionModule.forRoot(mongoOf(environment))],
      providers: [
        ...optionsFor(environment),
        { provide: CLOCK, useValue: systemClock },
        over(API_KEY_REPOSITORY, (connection) => {
          return new MongoApiKeyRepository(connection.model<ApiKeyDocument>(API_KEY_MODEL, ApiKeySchema));
        }),
        over(USAGE_REPOSITORY, (connection) => {
          return new MongoUsageRepository(connection.model<UsageDocument>(USAGE_MODEL, UsageSchema));
        }),
        over(USER_REPOSITORY, (connection) => {
          return new MongoUserRepository(connection.model<UserDocument>(USER_MODEL, UserSchema));
        }),
        over(POLICY_REPOSITORY, (connection) => {
          return new MongoPolicyRepository(connection.model<PolicyDocument>(POLICY_MODEL, PolicySchema));
        }),
        StoredPolicies,
        { provide: POLICIES, useExisting: StoredPolicies },
        PoliciesService,
        KeyLimitOfUsers,
        UserStatusOfOwners,
        { provide: OWNER_KEY_LIMIT, useExisting: KeyLimitOfUsers },
        { provide: OWNER_STATUS, useExisting: UserStatusOfOwners },
        KeyCeilings,
        ApiKeysService,
        KeyUsageService,
        KeyImportService,
      ],
    };
  }
}

function optionsFor(environment: Environment): Provider[] {
  const apiKeys: ApiKeysOptions = {
    storage: 'mongo',
    tokens: {
      prefixes: environment.API_KEY_PREFIXES,
      maxTtlDays: environment.API_KEY_MAX_TTL_DAYS,
      importPrefixes: environment.IMPORT_TOKEN_PREFIXES,
    },
  };
  const users: UsersOptions = { storage: 'mongo', maxKeys: environment.USER_MAX_KEYS };
  return [
    { provide: API_KEYS_OPTIONS, useValue: apiKeys },
    { provide: USERS_OPTIONS, useValue: users },
  ];
}

function over(token: symbol, open: (connection: Connection) => object): Provider {
  return { provide: token, inject: [getConnectionToken()], useFactory: open };
}
