import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { DiscoveryModule } from '@nestjs/core';
import { ApiKeysModule } from './api-keys/api-keys.module';
import type { ApiKeysOptions } from './api-keys/api-keys.options';
import { AllowedMethods } from './bootstrap/allowed-methods';
import { ServiceFilter } from './bootstrap/service.filter';
import { type Environment, readEnvironment, storageKindOf } from './config/environment';
import { MongoConnectionModule } from './config/mongo-connection.module';

/** The service: everything that `npm start` runs. */
@Module({})
export class AppModule {
  /** @throws ConfigurationError if the environment is wrong */
  static forRoot(): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot({ isGlobal: true, cache: true, validate: readEnvironment }),
        MongoConnectionModule,
        ApiKeysModule.forRootAsync({
          inject: [ConfigService],
          useFactory: (config: ConfigService<Environment, true>): ApiKeysOptions => ({
            storage: storageKindOf({
              STORAGE: config.get('STORAGE', { infer: true }),
              MONGODB_URI: config.get('MONGODB_URI', { infer: true }),
            }),
            tokenPrefix: config.get('API_KEY_PREFIX', { infer: true }),
            maxTtlDays: config.get('API_KEY_MAX_TTL_DAYS', { infer: true }),
          }),
        }),
        DiscoveryModule,
      ],
      providers: [AllowedMethods, ServiceFilter],
    };
  }
}
