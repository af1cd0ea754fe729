import { EventEmitter, on } from 'node:events';
import { ApolloDriver } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { Args, GraphQLModule, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { ApiKeysModule, RequireScopes } from 'keyward';

const added = new EventEmitter();
const memories = new Map<string, string[]>();

@Resolver()
class MemoriesResolver {
  @Query(() => [String], { nullable: true })
  @RequireScopes('memory:read')
  memories(@Args('orgId') orgId: string): string[] {
    return memories.get(orgId) ?? [];
  }

  @Mutation(() => [String], { nullable: true })
  @RequireScopes('memory:write')
  addMemory(@Args('orgId') orgId: string, @Args('text') text: string): string[] {
    memories.set(orgId, [...this.memories(orgId), text]);
    added.emit(orgId, text);
    return this.memories(orgId);
  }

  @Subscription(() => String, { resolve: ([text]: [string]) => text })
  @RequireScopes('memory:read')
  memoryAdded(@Args('orgId') orgId: string): AsyncIterable<unknown> {
    return on(added, orgId);
  }
}

@Module({
  imports: [
    ApiKeysModule.forRoot({ storage: 'memory' }),
    GraphQLModule.forRoot({
      driver: ApolloDriver,
      autoSchemaFile: true,
      subscriptions: { 'graphql-ws': true },
    }),
  ],
  providers: [MemoriesResolver],
})
export class AppModule {}
