import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ApiKeysModule } from 'keyward';
import { MemoriesController } from './memories.controller';

const { MONGODB_URI } = process.env;

@Module({
  imports: [
    ...(MONGODB_URI === undefined ? [] : [MongooseModule.forRoot(MONGODB_URI)]),
    ApiKeysModule.forRoot({ storage: MONGODB_URI === undefined ? 'memory' : 'mongo' }),
  ],
  controllers: [MemoriesController],
})
export class AppModule {}
