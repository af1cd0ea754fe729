import { Injectable, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { MongooseModule } from '@nestjs/mongoose';
import { type ApiKeysOptions, ApiKeysModule, type KeyEvents } from 'keyward';
import { AccountController, MemoriesController } from './memories.controller';

/** Listens, so that the test sees whether the host's emitter is the one that is told. */
@Injectable()
class Alarm {
  @OnEvent('api-key.revoked')
  ring({ keyId }: KeyEvents['api-key.revoked']): void {
    process.stdout.write(`revoked ${keyId}\n`);
  }
}

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true, ignoreEnvFile: true }),
    EventEmitterModule.forRoot(),
    MongooseModule.forRootAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({ uri: config.getOrThrow<string>('MONGODB_URI') }),
    }),
    ApiKeysModule.forRootAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService): ApiKeysOptions => ({
        storage: config.getOrThrow<'mongo' | 'memory'>('KEYS'),
        tokenPrefix: 'shelf',
      }),
    }),
  ],
  controllers: [MemoriesController, AccountController],
  providers: [Alarm],
})
export class AppModule {}
