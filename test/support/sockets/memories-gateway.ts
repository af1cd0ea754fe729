import { MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import {
  Authenticated,
  CurrentApiKey,
  CurrentCaller,
  type CurrentKey,
  type Caller,
  Public,
  RequireScopes,
  SelfScoped,
  Tenant,
  type TenantContext,
} from 'keyward';
import type { Received } from './socket-client';

/** The part of the servers of both libraries that the gateways use. */
interface AnyServer {
  readonly clients?: Iterable<{ send(text: string): void }>;
  emit(event: string, data: unknown): unknown;
}

/** The tenants' application by WebSockets. It only accepts clients with a key. */
@WebSocketGateway()
export class MemoriesGateway {
  @WebSocketServer()
  private readonly server!: AnyServer;

  @SubscribeMessage('list')
  @RequireScopes('memory:read')
  list(@Tenant() tenant: TenantContext, @CurrentApiKey() key: CurrentKey): Received {
    return { event: 'listed', data: { tenant, key: key.id } };
  }

  @SubscribeMessage('add')
  @RequireScopes('memory:write')
  add(@Tenant() tenant: TenantContext): Received {
    return { event: 'added', data: { tenant } };
  }

  @SubscribeMessage('whoami')
  @Authenticated()
  @SelfScoped()
  whoAmI(@Tenant() tenant: TenantContext, @CurrentCaller() caller: Caller): Received {
    return { event: 'you', data: { tenant, scopes: caller.scopes } };
  }

  @SubscribeMessage('echo')
  @Authenticated()
  @SelfScoped()
  echo(@MessageBody() text: unknown): Received {
    return { event: 'echo', data: text };
  }

  /** Sends to every client. */
  broadcast(data: unknown): void {
    const { clients } = this.server;
    if (clients === undefined) this.server.emit('news', data);
    else for (const client of clients) client.send(JSON.stringify({ event: 'news', data }));
  }
}

/** The same with a handler for everyone. */
@WebSocketGateway()
export class OpenGateway extends MemoriesGateway {
  @SubscribeMessage('status')
  @Public()
  status(): Received {
    return { event: 'status', data: { up: true } };
  }
}
