import { EventEmitter, once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import {
  type CallHandler,
  type ExecutionContext,
  HttpException,
  Injectable,
  Logger,
  type NestInterceptor,
  Scope,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Ack, MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { from, type Observable, switchMap } from 'rxjs';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import {
  apiKeyOf,
  Authenticated,
  CurrentApiKey,
  type CurrentKey,
  type HttpRequest,
  type IssuedApiKey,
  KeyUsageService,
  nodeRequestOf,
  type PresentedCredential,
  RequireScopes,
  rootCaller,
  ScopesGuard,
  SelfScoped,
  Tenant,
  type TenantContext,
} from 'keyward';
import type { MemoriesHost } from '../support/memories-host';
import { eventually, until } from '../support/patience';
import { MemoriesGateway, OpenGateway } from '../support/sockets/memories-gateway';
import {
  bearer,
  connected,
  LIBRARIES,
  type OpenSocket,
  type Received,
  rejection,
} from '../support/sockets/socket-client';
import { startSocketsHost } from '../support/sockets/sockets-host';

/** Ends before the handlers whose messages wait for it. */
let gate: Promise<unknown> = Promise.resolve();

/** Lets a message wait after the guard, so that others overtake it. */
@Injectable()
class Waiting implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const seen = apiKeyOf(context)?.id;
    return from(gate).pipe(switchMap(() => (apiKeyOf(context)?.id === seen ? next.handle() : [])));
  }
}

@WebSocketGateway()
class SlowGateway extends OpenGateway {
  @SubscribeMessage('slow')
  @Authenticated()
  @UseInterceptors(Waiting)
  slow(
    @Tenant() tenant: TenantContext,
    @CurrentApiKey() { id }: CurrentKey,
    @MessageBody() data: unknown,
  ): Received {
    return { event: 'slow', data: { tenant, id, data } };
  }

  @SubscribeMessage('twice')
  @UseGuards(ScopesGuard)
  @RequireScopes('memory:read')
  twice(): Received {
    return { event: 'twice', data: {} };
  }

  @SubscribeMessage('ack')
  @RequireScopes('memory:read')
  ack(@Tenant() { orgId }: TenantContext, @Ack() answer: (data: unknown) => void): void {
    answer({ orgId });
  }
}

function problemOf({ event, data }: Received): unknown {
  return event === 'exception' ? (data as { readonly problem: unknown }).problem : event;
}

describe.each(LIBRARIES)('the messages of a host with %s', (library) => {
  let host: MemoriesHost;
  const unhandled: unknown[] = [];
  const logged: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);

  const issue = async (grant: object = {}): Promise<IssuedApiKey> =>
    host.issue({ scopes: ['memory:read'], ...grant });
  const open = async ({ token }: IssuedApiKey): Promise<OpenSocket> =>
    connected(library, host.url, bearer(token));

  beforeAll(async () => {
    process.on('unhandledRejection', note);
    for (const level of ['log', 'warn', 'error'] as const)
      jest
        .spyOn(Logger.prototype, level)
        .mockImplementation((...lines: unknown[]) => void logged.push(lines));
    host = await startSocketsHost(
      library,
      'fastify',
      { providers: [SlowGateway] },
      {
        usage: { storage: 'memory', flushMs: 100 },
        limits: { failedCredentials: { limit: 1e6, windowSeconds: 60 } },
      },
    );
  });

  afterAll(async () => {
    await host.close();
    process.off('unhandledRejection', note);
    jest.restoreAllMocks();
  });

  it('consume the rate limit of the key, each like a request [T115]', async () => {
    const socket = await open(
      await issue({ rateLimits: [{ name: 'default', limit: 2, windowSeconds: 3600 }] }),
    );
    const events: unknown[] = [];
    for (let time = 0; time < 4; time += 1)
      events.push(problemOf(await socket.ask('list', { orgId: 'acme' })));
    const limited = expect.objectContaining({ status: 429, code: 'rate_limited' }) as unknown;
    expect(events).toEqual(['listed', 'listed', limited, limited]);
    const { data } = socket.received.at(-1) as { readonly data: { readonly retryAfter: number } };
    expect(data.retryAfter).toBeGreaterThan(0);
    socket.close();
  });

  it('count once if two guards check them', async () => {
    const socket = await open(
      await issue({ rateLimits: [{ name: 'default', limit: 2, windowSeconds: 3600 }] }),
    );
    const events: unknown[] = [];
    for (let time = 0; time < 2; time += 1) events.push((await socket.ask('twice', 'text')).event);
    for (let time = 0; time < 1; time += 1) events.push((await socket.ask('twice', {})).event);
    expect(events).toEqual(['twice', 'twice', 'exception']);
    socket.close();
  });

  it('count as uses of the key, and so does the connection', async () => {
    const key = await issue();
    const socket = await open(key);
    await socket.ask('list', { orgId: 'acme' });
    const usage = host.app.get(KeyUsageService);
    const span = { from: new Date('2029-12-31T00:00:00Z'), to: new Date('2030-01-02T00:00:00Z') };
    const uses = await eventually(
      async () =>
        (await usage.of(rootCaller('system'), key.key.id, span)).hours.reduce(
          (sum, { count }) => sum + count,
          0,
        ),
      (count) => count >= 2,
    );
    expect(uses).toBe(2);
    socket.close();
  });

  it('are judged each by its own tenant while others of the connection wait [T112]', async () => {
    const socket = await open(await issue({ scopes: ['memory:*'] }));
    const held = new EventEmitter();
    gate = once(held, 'released');
    socket.send('slow', { orgId: 'acme' });
    socket.send('slow', { orgId: 'globex' });
    socket.send('slow', 'text');
    await socket.ask('status', {});
    held.emit('released');
    await until('the messages are answered', () => socket.received.length === 4);
    const tenants = socket.received
      .slice(1)
      .map(({ data }) => data as { tenant: TenantContext; data: unknown });
    expect(tenants.map(({ tenant, data }) => [tenant.orgId, data])).toEqual([
      ['acme', { orgId: 'acme' }],
      ['globex', { orgId: 'globex' }],
      [undefined, 'text'],
    ]);
    socket.close();
  });

  it('of one tenant are not allowed because others of the connection were [T112]', async () => {
    const socket = await open(await issue({ orgId: 'acme' }));
    for (let time = 0; time < 2; time += 1) {
      expect((await socket.ask('list', { orgId: 'acme' })).event).toBe('listed');
      expect(problemOf(await socket.ask('list', { orgId: 'globex' }))).toMatchObject({
        code: 'binding_mismatch',
      });
      expect(problemOf(await socket.ask('list', 'text'))).toMatchObject({ code: 'binding_mismatch' });
    }
    socket.close();
  });

  const HOSTILE: Readonly<Record<string, unknown>> = {
    'an object': { orgId: { toString: 'acme' } },
    'a list': { orgId: ['acme'] },
    'a list in a list': { orgId: [['acme']] },
    'a truth value': { orgId: true },
    'an empty text': { orgId: '' },
    'a text with a wildcard': { orgId: '*' },
    'a text that is too long': { orgId: 'a'.repeat(100_000) },
    'a fraction': { orgId: 1.5 },
  };

  it.each(Object.keys(HOSTILE))('are rejected with a problem if orgId is %s [T114]', async (kind) => {
    const socket = await open(await issue({ orgId: 'acme' }));
    const answer = await socket.ask('list', HOSTILE[kind]);
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'invalid_request' });
    expect((await socket.ask('list', { orgId: 'acme' })).event).toBe('listed');
    socket.close();
  });

  it.each([
    ['__proto__', JSON.parse('{"__proto__": {"orgId": "acme"}}')],
    ['constructor', { constructor: { orgId: 'acme' } }],
    ['prototype', { prototype: { orgId: 'acme' } }],
    ['null', null],
    ['a text', 'acme'],
    ['a list', ['acme']],
    ['nothing', undefined],
  ])('name no tenant with %s as data [T114]', async (_kind, data: unknown) => {
    const socket = await open(await issue({ orgId: 'acme' }));
    expect(problemOf(await socket.ask('list', data))).toMatchObject({ code: 'binding_mismatch' });
    expect(({} as { readonly orgId?: unknown }).orgId).toBeUndefined();
    socket.close();
  });

  it('that are rejected contain neither the token nor the data of the message [T114]', async () => {
    const key = await issue({ orgId: 'acme' });
    const socket = await open(key);
    const { event, data } = await socket.ask('list', {
      orgId: 'globex',
      note: 'a secret note',
      token: key.token,
    });
    expect(event).toBe('exception');
    expect(Object.keys(data as object).toSorted()).toEqual(['message', 'problem', 'status']);
    expect(JSON.stringify(data)).not.toMatch(/a secret note/);
    expect(JSON.stringify(socket.received)).not.toContain(key.token.slice(-20));
    socket.close();
  });

  it('log neither tokens nor errors when clients are hostile [T114]', async () => {
    const { token } = await issue();
    for (const headers of [
      { authorization: `Bearer ${'a'.repeat(6000)}` },
      { authorization: 'Bearer' },
      { 'x-api-key': `${token}x` },
      { authorization: `Bearer ${token}`, 'x-api-key': `${token}x` },
    ])
      expect((await rejection(library, host.url, { headers })).problem['status']).toBeLessThan(500);
    expect(JSON.stringify(logged)).not.toContain(token.slice(-20));
    expect(unhandled).toEqual([]);
    expect(logged.filter((line) => /error/i.test(JSON.stringify(line)))).toEqual([]);
  });
});

describe('a client of socket.io', () => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startSocketsHost('socket.io', 'fastify', { providers: [SlowGateway] });
  });

  afterAll(async () => host.close());

  const AUTHS: Readonly<Record<string, (token: string) => Record<string, unknown>>> = {
    'a number': () => ({ token: 5 }),
    'an object': () => ({ token: { toString: 1, valueOf: 1 } }),
    'a list with the token': (token) => ({ token: [token] }),
    'two different tokens': (token) => ({ token, authorization: `Bearer ${token}x` }),
    'the same member twice': (token) => ({ token, Token: `${token}x` }),
    'a huge token': () => ({ token: 'kw_'.repeat(20_000) }),
    'an object of headers with a number': () => ({ headers: { authorization: 7 } }),
  };

  it.each(Object.keys(AUTHS))(
    'is rejected with a problem below 500 if its auth has %s [T114]',
    async (kind) => {
      const { token } = await host.issue({ scopes: [] });
      const auth = AUTHS[kind]?.(token) ?? {};
      const { problem } = await rejection('socket.io', host.url, { auth });
      expect([400, 401]).toContain(problem['status']);
      expect(JSON.stringify(problem)).not.toContain(token.slice(-20));
    },
  );

  it.each([
    ['null', { token: null }],
    ['members that name no credential', { name: 'x', constructor: 'y', toString: 'z' }],
  ])('has no credential if its auth is %s', async (_kind, auth) => {
    const socket = await connected('socket.io', host.url, { auth });
    expect(problemOf(await socket.ask('list', {}))).toMatchObject({ code: 'missing_credential' });
    socket.close();
  });

  it('gets the answer of a guarded handler by its callback, and a rejection as the event exception', async () => {
    const { token } = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const socket = io(host.url, { transports: ['websocket'], forceNew: true, auth: { token } });
    expect(await socket.timeout(90_000).emitWithAck('ack', { orgId: 'acme' })).toEqual({ orgId: 'acme' });
    const rejected = new Promise((resolve) => {
      socket.once('exception', resolve);
    });
    socket.emit('ack', { orgId: 'globex' }, () => undefined);
    expect(await rejected).toMatchObject({ problem: { code: 'binding_mismatch' } });
    socket.disconnect();
  });
});

/** Reads the token from a cookie, which browsers send when they open a WebSocket. */
@Injectable()
class CookieGuard extends ScopesGuard {
  protected override credentialOf(request: HttpRequest, withBasic: boolean): PresentedCredential {
    const token = /(?:^|; )key=([^;]+)/.exec(nodeRequestOf(request).headers.cookie ?? '')?.[1];
    return token === undefined
      ? super.credentialOf(request, withBasic)
      : { kind: 'token', token, scheme: 'bearer' };
  }

  protected override tenantIn(data: { readonly room?: unknown }, request: HttpRequest): TenantContext {
    return super.tenantIn({ orgId: data.room }, request);
  }

  protected override rejectionOf(): Error {
    return new HttpException({ reason: 'no' }, 403);
  }
}

describe.each(LIBRARIES)('a subclass of ScopesGuard with %s', (library) => {
  it('chooses the credential, the tenant and the rejection', async () => {
    const host = await startSocketsHost(
      library,
      'express',
      { providers: [MemoriesGateway] },
      { guard: { use: CookieGuard } },
    );
    const { token } = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const socket = await connected(library, host.url, { headers: { cookie: `key=${token}` } });
    const answers = [await socket.ask('list', { room: 'acme' }), await socket.ask('list', { orgId: 'acme' })];
    await host.close();

    expect(answers[0]).toMatchObject({ event: 'listed', data: { tenant: { orgId: 'acme' } } });
    expect(answers[1]).toEqual({
      event: 'exception',
      data: { status: 'error', message: expect.any(String) as string, reason: 'no' },
    });
  });
});

/** A gateway that Nest creates for each client. */
@WebSocketGateway()
@Injectable({ scope: Scope.REQUEST })
class ScopedGateway {
  @SubscribeMessage('list')
  @RequireScopes('memory:read')
  list(@Tenant() { orgId }: TenantContext): Received {
    return { event: 'listed', data: { orgId } };
  }

  @SubscribeMessage('fail')
  @Authenticated()
  @SelfScoped()
  fail(): void {
    throw new WsException({ status: 'error', message: 'own' });
  }
}

describe.each(LIBRARIES)('a request-scoped gateway with %s', (library) => {
  it('is guarded like others', async () => {
    const host = await startSocketsHost(library, 'fastify', { providers: [ScopedGateway] });
    const stranger = await rejection(library, host.url);
    const { token } = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const socket = await connected(library, host.url, bearer(token));
    const answers = [
      await socket.ask('list', { orgId: 'acme' }),
      await socket.ask('list', { orgId: 'globex' }),
      await socket.ask('fail', {}),
    ];
    await host.close();

    expect(stranger.problem['code']).toBe('missing_credential');
    expect(answers[0]?.data).toEqual({ orgId: 'acme' });
    expect(answers[1]?.data).toMatchObject({ problem: { code: 'binding_mismatch' } });
    expect(answers[2]?.data).toEqual({ status: 'error', message: 'own' });
  });
});

/** Returns the text of a request that opens a WebSocket. */
function upgrade(key: string): string {
  return (
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${key}\r\n\r\n`
  );
}

describe('a host with ws', () => {
  it('survives clients that break off, send garbage, or upgrade without a key', async () => {
    const host = await startSocketsHost('ws', 'fastify', { providers: [MemoriesGateway] });
    const { token } = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const port = Number(new URL(host.url).port);
    for (const sent of [upgrade(token), upgrade('nonsense'), upgrade(token).slice(0, 60)]) {
      const socket = connectTcp(port, '127.0.0.1').on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(sent);
      socket.resetAndDestroy();
    }
    const garbage = new WebSocket(host.url, { headers: { authorization: `Bearer ${token}` } });
    await once(garbage, 'open');
    for (const data of [
      '{',
      'null',
      '5',
      '[]',
      '{"event":"__proto__"}',
      '{"event":{}}',
      '{"event":"constructor"}',
    ])
      garbage.send(data);
    garbage.send(JSON.stringify({ event: 'list', data: { orgId: 'acme' } }));
    const [answer] = (await once(garbage, 'message')) as [Buffer];
    await host.close();
    expect(JSON.parse(answer.toString())).toMatchObject({ event: 'listed' });
  });
});
