import { Module } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import { ApiKeysModule, RequireScopes, Tenant, type TenantContext } from 'keyward';
import type { Server, Socket } from 'socket.io';

const memories = new Map<string, string[]>();

@WebSocketGateway()
@RequireScopes('memory:read')
class MemoriesGateway {
  @WebSocketServer()
  private readonly server!: Server;

  // Only clients whose key may read the memories of this organisation come into its room.
  @SubscribeMessage('follow')
  async follow(
    @Tenant() { orgId = '' }: TenantContext,
    @ConnectedSocket() client: Socket,
  ): Promise<string[]> {
    await client.join(orgId);
    return memories.get(orgId) ?? [];
  }

  @SubscribeMessage('add')
  @RequireScopes('memory:write')
  add(@Tenant() { orgId = '' }: TenantContext, @MessageBody('text') text: string): string[] {
    const all = [...(memories.get(orgId) ?? []), text];
    memories.set(orgId, all);
    this.server.to(orgId).emit('added', text);
    return all;
  }
}

@Module({
  imports: [ApiKeysModule.forRoot({ storage: 'memory' })],
  providers: [MemoriesGateway],
})
export class AppModule {}
