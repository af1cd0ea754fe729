import { Injectable, Module } from '@nestjs/common';
import { EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { MongooseModule } from '@nestjs/mongoose';
import { ApiKeysModule, type ApiKeysOptions, type ApiKeysOptionsFactory, type KeyEvents } from 'keyward';
import { AccountController, MemoriesController } from './memories.controller';

/** Prints revocations, so that a test can see whether Keyward notifies the host's event emitter. */
@Injectable()
class Alarm {
  @OnEvent('api-key.revoked')
  ring({ keyId }: KeyEvents['api-key.revoked']): void {
    process.stdout.write(`revoked ${keyId}\n`);
  }
}

/** Reads the options from the environment when the application starts. */
@Injectable()
class KeySettings implements ApiKeysOptionsFactory {
  createApiKeysOptions(): ApiKeysOptions {
    const redisUrl = process.env['REDIS_URL'];
    return {
      storage: process.env['KEYS'] === 'memory' ? 'memory' : 'mongo',
      tokens: { prefixes: ['shelf'] },
      ...(redisUrl !== undefined && { limits: { redisUrl, onOutage: 'deny' } }),
    };
  }
}

@Module({
  imports: [
    EventEmitterModule.forRoot(),
    MongooseModule.forRoot(process.env['MONGODB_URI'] ?? ''),
    ApiKeysModule.forRootAsync({ useClass: KeySettings }),
  ],
  controllers: [MemoriesController, AccountController],
  providers: [Alarm],
})
export class AppModule {}
