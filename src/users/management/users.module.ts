import { type DynamicModule, Logger, Module, type OnModuleInit } from '@nestjs/common';
import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { AUTHENTICATOR } from '../../api-keys/ports/authenticator';
import { OWNER_KEY_LIMIT } from '../../api-keys/ports/owner-key-limit';
import { OWNER_STATUS } from '../../api-keys/ports/owner-status';
import { StorageConfig } from '../../config/storage.config';
import { openStore } from '../../mongo/open-store';
import { KeyLimitOfUsers } from '../owners/key-limit.service';
import { UserStatusOfOwners } from '../owners/owner-status.service';
import { SessionAuthenticator } from '../sessions/session.authenticator';
import { USER_REPOSITORY } from '../storage/user.repository';
import { userStores } from '../storage/user-storage';
import { UserRemoval } from './user-removal.service';
import { UsersController } from './users.controller';
import { USERS_OPTIONS, type UsersOptions } from '../users.options';
import { UsersService } from './users.service';

/**
 * Adds users, who sign in with an identity provider and manage their own keys. Provides the ports that `ApiKeysModule`
 * declares for sessions and owners. Import both modules.
 */
@Module({})
export class UsersModule implements OnModuleInit {
  private readonly logger = new Logger(UsersModule.name);

  constructor(private readonly sessions: SessionAuthenticator) {}

  static forRoot(options: UsersOptions): DynamicModule {
    return {
      module: UsersModule,
      global: true,
      controllers: [UsersController],
      providers: [
        { provide: USERS_OPTIONS, useValue: options },
        {
          provide: USER_REPOSITORY,
          inject: [StorageConfig, { token: getConnectionToken(), optional: true }],
          useFactory: async (storageConfig: StorageConfig, connection: Connection | null | undefined) =>
            openStore(options.storage, userStores(options.freshness), storageConfig, connection),
        },
        SessionAuthenticator,
        KeyLimitOfUsers,
        UserStatusOfOwners,
        UserRemoval,
        UsersService,
        { provide: AUTHENTICATOR, useExisting: SessionAuthenticator },
        { provide: OWNER_STATUS, useExisting: UserStatusOfOwners },
        { provide: OWNER_KEY_LIMIT, useExisting: KeyLimitOfUsers },
      ],
      exports: [USERS_OPTIONS, USER_REPOSITORY, UsersService, AUTHENTICATOR, OWNER_STATUS, OWNER_KEY_LIMIT],
    };
  }

  onModuleInit(): void {
    if (!this.sessions.isEnabled)
      this.logger.log('no OIDC issuer is configured: sessions are off, API keys work');
    // In the background: the service starts even if an identity provider is unreachable.
    void this.sessions.lookForFaults();
  }
}
