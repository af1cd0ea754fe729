import {
  type DynamicModule,
  Injectable,
  type ModuleMetadata,
  Scope,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { AbstractWsAdapter, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import {
  AllowSessions,
  ApiKeysModule,
  type ApiKeysModuleOptions,
  ApiKeysService,
  Authenticated,
  Public,
  RequireScopes,
  rootCaller,
  ScopesGuard,
  SelfScoped,
  TenantHeaders,
} from 'keyward';
import { issueTestKey, KeywardTestingModule } from 'keyward/testing';
import { freePort } from '../support/free-port';
import { bearer, connect, connected, LIBRARIES, rejection } from '../support/sockets/socket-client';
import { MemoriesGateway } from '../support/sockets/memories-gateway';
import { startSocketsHost, useSockets } from '../support/sockets/sockets-host';
import { ADAPTERS, type HostPreparation, refusalOf, startHost } from '../support/two-adapters';

@WebSocketGateway()
class Undeclared {
  @SubscribeMessage('list')
  list(this: void): void {}

  @SubscribeMessage('status')
  @Public()
  status(this: void): void {}
}

@WebSocketGateway()
@RequireScopes('memory:read')
class Declared {
  @SubscribeMessage('list')
  list(this: void): void {}
}

@WebSocketGateway()
@UseGuards(ScopesGuard)
@RequireScopes('memory:read')
class SelfGuarded {
  @SubscribeMessage('list')
  list(this: void): object {
    return { event: 'listed', data: {} };
  }
}

@WebSocketGateway()
@Authenticated()
class ForRoutes {
  @SubscribeMessage('list')
  @TenantHeaders()
  list(this: void): void {}

  @SubscribeMessage('mine')
  @SelfScoped()
  @AllowSessions()
  mine(this: void): void {}

  @SubscribeMessage('fine')
  fine(this: void): void {}
}

@Injectable()
class OtherGuard extends ScopesGuard {}

@WebSocketGateway()
@UseGuards(OtherGuard)
@Authenticated()
class OtherGuarded {
  @SubscribeMessage('list')
  list(this: void): void {}
}

@Injectable({ scope: Scope.REQUEST })
class ScopedGuard extends ScopesGuard {}

@WebSocketGateway()
@UseGuards(ScopedGuard)
@Authenticated()
class ScopedGuarded {
  @SubscribeMessage('list')
  list(this: void): void {}
}

@WebSocketGateway({ connectionStateRecovery: {} })
@Authenticated()
class Recovering {
  @SubscribeMessage('list')
  list(this: void): void {}
}

@WebSocketGateway()
@Authenticated()
class Replacing {
  @WebSocketServer()
  private readonly server!: { readonly options: { verifyClient?: () => boolean } };

  afterInit(): void {
    this.server.options.verifyClient = () => true;
  }

  @SubscribeMessage('list')
  list(this: void): void {}
}

@WebSocketGateway()
@Authenticated()
class Broadcasting {}

@Public()
@WebSocketGateway()
class PublicGateway {
  @SubscribeMessage('list')
  list(this: void): void {}
}

/** The adapter of a library that Keyward does not know. */
class ForeignAdapter extends AbstractWsAdapter {
  create(): object {
    return { on: () => undefined };
  }

  bindMessageHandlers(): void {}
}

/** Leaves out what Nest assigns to gateways. */
@WebSocketGateway()
@Authenticated()
class Frozen {
  constructor() {
    Object.freeze(this);
  }

  @SubscribeMessage('list')
  list(this: void): void {}
}

const withKeyward = (Gateway: Type, options: Partial<ApiKeysModuleOptions> = {}): ModuleMetadata => ({
  imports: [ApiKeysModule.forRoot({ storage: 'memory', ...options })],
  providers: [Gateway, OtherGuard, ScopedGuard],
});

const onWs: HostPreparation = { app: (app) => useSockets(app, 'ws') };
const onSocketIo: HostPreparation = { app: (app) => useSockets(app, 'socket.io') };

const JUDGE = 'Keyward cannot judge who connects to these gateways: ';

describe.each(ADAPTERS)('the start of an application with gateways on %s', (adapter) => {
  const refusal = async (
    Gateway: Type,
    options: Partial<ApiKeysModuleOptions> = {},
    prepare = onWs,
  ): Promise<string> => (await refusalOf(adapter, withKeyward(Gateway, options), prepare)).message;

  it('fails for guarded handlers that declare no access, and names them [T116]', async () => {
    expect(await refusal(Undeclared)).toBe(
      'these message handlers declare no access: Undeclared.list. ' +
        'Add @RequireScopes(…), @RequireAnyScope(…), @Authenticated() or @Public().',
    );
  });

  it('fails for handlers that declare access without a guard [T49]', async () => {
    expect(await refusal(Declared, { guard: false })).toBe(
      'no ScopesGuard enforces the access decorators of these message handlers: Declared.list. ' +
        'Add @UseGuards(ScopesGuard), or remove guard: false.',
    );
  });

  it('fails for a gateway without handlers that declares access without a guard [T116]', async () => {
    expect(await refusal(Broadcasting, { guard: false })).toBe(
      'no ScopesGuard enforces the access decorators of these gateways: Broadcasting. ' +
        'Add @UseGuards(ScopesGuard), or remove guard: false.',
    );
  });

  it('fails for decorators of routes', async () => {
    expect(await refusal(ForRoutes)).toBe(
      'these message handlers have decorators for routes: ForRoutes.list; ForRoutes.mine. ' +
        'Remove @TenantHeaders() and @AllowSessions(): the data of a message names the tenant, and only keys may connect.',
    );
  });

  it('fails for a guard that decides differently from the global one', async () => {
    expect(await refusal(OtherGuarded)).toBe(
      `${JUDGE}OtherGuarded: several guards that decide differently guard the connections to its server. ` +
        'Use one guard, or another path or namespace.',
    );
  });

  it('fails for a request-scoped guard', async () => {
    expect(await refusal(ScopedGuarded, { guard: false })).toBe(
      `${JUDGE}ScopedGuarded: its guard is request-scoped. Use a guard and dependencies with the default scope.`,
    );
  });

  it('fails for recovered connections of socket.io, which receive events before they are judged [T111]', async () => {
    expect(await refusal(Recovering, {}, onSocketIo)).toBe(
      `${JUDGE}Recovering: a recovered connection receives missed events before its key is judged. ` +
        'Remove connectionStateRecovery.',
    );
  });

  it('fails if something replaces verifyClient', async () => {
    expect(await refusal(Replacing)).toBe(
      `${JUDGE}Replacing: something replaced verifyClient of its server. ` +
        'Set verifyClient in the options of @WebSocketGateway().',
    );
  });

  it('fails for the server of an unknown adapter, unless everyone may connect [T116]', async () => {
    const prepare: HostPreparation = { app: (app) => app.useWebSocketAdapter(new ForeignAdapter()) };
    for (const Gateway of [Declared, Broadcasting]) {
      expect(await refusal(Gateway, {}, prepare)).toBe(
        `${JUDGE}${Gateway.name}: the server of its adapter is neither of Socket.IO nor of ws. Use IoAdapter or WsAdapter.`,
      );
    }
    const host = await startHost(adapter, withKeyward(PublicGateway), prepare);
    await host.close();
  });

  it('fails for a gateway that hides its server', async () => {
    expect(await refusal(Frozen)).toBe(
      `${JUDGE}Frozen: Nest gave it no server. Provide its class with the default scope.`,
    );
  });

  it.each(LIBRARIES)(
    'succeeds with undeclaredRoutes: deny, which rejects their messages: %s',
    async (library) => {
      const host = await startSocketsHost(
        library,
        adapter,
        { providers: [Undeclared] },
        { guard: { undeclaredRoutes: 'deny' } },
      );
      const { token } = await host.issue({ scopes: ['*'] });
      const socket = await connected(library, host.url, bearer(token));
      const answer = await socket.ask('list', {});
      await host.close();
      expect(answer).toMatchObject({ event: 'exception', data: { problem: { code: 'access_undeclared' } } });
    },
  );

  it.each(LIBRARIES)(
    'succeeds without a global guard, and guards what has @UseGuards: %s',
    async (library) => {
      const host = await startHost(adapter, withKeyward(SelfGuarded, { guard: false }), {
        app: (app) => useSockets(app, library),
      });
      const { token } = await issueTestKey(host.app, { scopes: ['memory:read'] });
      const stranger = await rejection(library, host.url);
      const socket = await connected(library, host.url, bearer(token));
      const answer = await socket.ask('list', {});
      await host.close();
      expect(stranger.problem['code']).toBe('missing_credential');
      expect(answer.event).toBe('listed');
    },
  );

  it.each(LIBRARIES)('guards the broadcasts of a gateway without handlers: %s', async (library) => {
    const host = await startSocketsHost(library, adapter, { providers: [Broadcasting] });
    const stranger = await rejection(library, host.url);
    await host.close();
    expect(stranger.problem['code']).toBe('missing_credential');
  });
});

describe('several applications in one process', () => {
  it.each(LIBRARIES)('each judge their own connections: %s', async (library) => {
    const [one, two] = await Promise.all([
      startSocketsHost(library, 'fastify', { providers: [MemoriesGateway] }),
      startSocketsHost(library, 'express', { providers: [MemoriesGateway] }),
    ]);
    const { token } = await one.issue({ scopes: [] });
    const socket = await connected(library, one.url, bearer(token));
    const elsewhere = await rejection(library, two.url, bearer(token));
    await Promise.all([one.close(), two.close()]);
    expect(socket.received).toEqual([]);
    expect(elsewhere.problem['code']).toBe('invalid_token');
  });

  it('leave an application without Keyward alone', async () => {
    const guarded = await startSocketsHost('ws', 'fastify', { providers: [MemoriesGateway] });
    const plain = await startHost('fastify', { providers: [PublicGateway] }, onWs);
    const socket = await connected('ws', plain.url);
    await Promise.all([plain.close(), guarded.close()]);
    expect(socket.received).toEqual([]);
  });
});

describe('two imports of Keyward with stores of their own', () => {
  const unguarded = ApiKeysModule.forRoot({
    storage: 'memory',
    guard: false,
    routes: false,
    isGlobal: false,
  });

  it.each([
    ['first', (guarded: DynamicModule) => [guarded, unguarded]],
    ['last', (guarded: DynamicModule) => [unguarded, guarded]],
  ])('start with gateways that the %s import guards', async (_which, importsWith) => {
    const imports = importsWith(KeywardTestingModule.forRoot());
    const host = await startHost('fastify', { imports, providers: [MemoriesGateway] }, onWs);
    const outcomes: string[] = [];
    for (const keys of host.app.get(ApiKeysService, { strict: false, each: true })) {
      const { token } = await keys.create(rootCaller('system'), { name: 'test', scopes: [] });
      const socket = await connect('ws', host.url, bearer(token));
      outcomes.push('problem' in socket ? String(socket.problem['code']) : 'open');
    }
    await host.close();
    expect(new Set(outcomes)).toEqual(new Set(['invalid_token', 'open']));
  });
});

describe('an application context without HTTP', () => {
  it('starts with gateways, which nobody can connect to', async () => {
    const context = await NestFactory.createApplicationContext(
      { module: class AppModule {}, ...withKeyward(MemoriesGateway) },
      { logger: false },
    );
    expect(context.get(MemoriesGateway)).toBeInstanceOf(MemoriesGateway);
    await context.close();
  });
});

describe.each(['init', 'listen'] as const)('a microservice without HTTP, after %s', (start) => {
  it('judges who connects to its gateways', async () => {
    const port = await freePort();
    const microservice = await NestFactory.createMicroservice(
      { module: class AppModule {}, ...withKeyward(gatewayOn(port)) },
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: await freePort() }, logger: false },
    );
    microservice.useWebSocketAdapter(new WsAdapter(microservice));
    await microservice[start]();
    const stranger = await rejection('ws', `http://127.0.0.1:${port}`);
    await microservice.close();
    expect(stranger.problem['code']).toBe('missing_credential');
  });
});

function gatewayOn(port: number): Type {
  @WebSocketGateway(port)
  @Authenticated()
  class OnItsOwnPort {
    @SubscribeMessage('list')
    list(this: void): void {}
  }
  return OnItsOwnPort;
}

describe('an existing verifyClient', () => {
  it.each([
    ['with one parameter', ({ origin }: { readonly origin?: string }) => origin === 'https://good.example'],
    [
      'with two parameters',
      ({ origin }: { readonly origin?: string }, done: (good: boolean, status: number) => void) =>
        done(origin === 'https://good.example', 418),
    ],
    [
      'that throws',
      ({ origin }: { readonly origin?: string }) => {
        if (origin !== 'https://good.example') throw new Error('a fault');
        return true;
      },
    ],
  ])('%s still decides', async (kind, verifyClient) => {
    @WebSocketGateway({ verifyClient })
    @Authenticated()
    class Choosy {
      @SubscribeMessage('list')
      list(this: void): void {}
    }
    const host = await startSocketsHost('ws', 'fastify', { providers: [Choosy] });
    const { token } = await host.issue({ scopes: [] });
    const headers = { authorization: `Bearer ${token}`, origin: 'https://good.example' };
    (await connected('ws', host.url, { headers })).close();
    const other = await rejection('ws', host.url, bearer(token));
    const stranger = await rejection('ws', host.url, { headers: { origin: 'https://good.example' } });
    await host.close();
    expect(other.status).toBe(
      { 'with one parameter': 401, 'with two parameters': 418, 'that throws': 500 }[kind],
    );
    expect(stranger.problem['code']).toBe('missing_credential');
  });
});
