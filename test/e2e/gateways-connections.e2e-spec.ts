import { Global, Module } from '@nestjs/common';
import { type OnGatewayConnection, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { EventEmitter } from 'node:events';
import { io } from 'socket.io-client';
import {
  API_KEY_REPOSITORY,
  apiKeyOf,
  type ApiKeyRepository,
  ApiKeysService,
  Authenticated,
  type IssuedApiKey,
  OWNER_STATUS,
  Public,
  rootCaller,
  StorageUnavailableError,
} from 'keyward';
import { KeyWatch } from '../../src/api-keys/verification/key-watch';
import { freePort } from '../support/free-port';
import { HeldReads } from '../support/held-reads';
import type { ApiKey } from '../../src/api-keys/domain/api-key';
import type { MemoriesHost } from '../support/memories-host';
import { eventually, until } from '../support/patience';
import { MemoriesGateway, OpenGateway } from '../support/sockets/memories-gateway';
import {
  bearer,
  connect,
  connected,
  LIBRARIES,
  type Library,
  type OpenSocket,
  type Received,
  rejection,
} from '../support/sockets/socket-client';
import { startSocketsHost } from '../support/sockets/sockets-host';

const BOUND_MS = 2000;
const system = rootCaller('system');

let isActive = true;

@Global()
@Module({
  providers: [{ provide: OWNER_STATUS, useValue: { isActive: async () => isActive } }],
  exports: [OWNER_STATUS],
})
class Owners {}

/** Sends each client its key as soon as it connects. */
@WebSocketGateway()
class GreetingGateway extends MemoriesGateway implements OnGatewayConnection {
  handleConnection(client: EventEmitter & { send?(text: string): void }): void {
    this.broadcast({ key: apiKeyOf(client)?.id });
  }
}

/** The problem that Socket.IO sends before it disconnects. */
function problemIn({ received }: OpenSocket): unknown {
  const last = received.findLast(({ event }) => event === 'exception');
  return (last?.data as { readonly problem?: { readonly code: string } } | undefined)?.problem?.code;
}

/** Returns the code of the problem that ended a connection. */
async function reasonOf(library: Library, socket: OpenSocket): Promise<unknown> {
  const ended = await socket.end();
  if (library === 'ws') return ended;
  expect(ended).toBe('io server disconnect');
  return problemIn(socket);
}

describe.each(LIBRARIES)('the connections of a host with %s', (library) => {
  let host: MemoriesHost;
  let keys: ApiKeysService;

  const issue = async (grant: object = {}): Promise<IssuedApiKey> =>
    host.issue({ scopes: ['memory:read'], ...grant });
  const open = async ({ token }: IssuedApiKey): Promise<OpenSocket> =>
    connected(library, host.url, bearer(token));

  beforeAll(async () => {
    host = await startSocketsHost(
      library,
      'fastify',
      { providers: [GreetingGateway], imports: [Owners] },
      { freshness: { revocationBoundMs: BOUND_MS } },
    );
    keys = host.app.get(ApiKeysService);
  });

  afterEach(() => {
    isActive = true;
  });

  afterAll(async () => host.close());

  const ENDS: Readonly<Record<string, readonly [object, (key: IssuedApiKey) => unknown, string]>> = {
    'is revoked': [{}, async ({ key }) => keys.revoke(system, key.id), 'key_revoked'],
    'is disabled': [{}, async ({ key }) => keys.update(system, key.id, { enabled: false }), 'key_disabled'],
    expires: [
      { expiresAt: new Date('2030-01-01T01:00:00Z') },
      () => host.clock.set(new Date('2030-01-01T01:00:00Z')),
      'key_expired',
    ],
    'no longer accepts the address of the client': [
      {},
      async ({ key }) => keys.update(system, key.id, { allowedIps: ['192.0.2.1'] }),
      'ip_not_allowed',
    ],
    'loses a scope': [
      {},
      async ({ key }) => keys.update(system, key.id, { scopes: ['memory:write'] }),
      'insufficient_scope',
    ],
    'is bound to another organisation': [
      { orgId: 'acme' },
      async ({ key }) => keys.update(system, key.id, { orgId: 'globex' }),
      'binding_mismatch',
    ],
    'is bound to an organisation': [
      {},
      async ({ key }) => keys.update(system, key.id, { orgId: 'acme' }),
      'binding_mismatch',
    ],
    'has an owner who is disabled': [{ ownerId: 'ann' }, () => (isActive = false), 'owner_disabled'],
    'is rotated without a grace period': [{}, async ({ key }) => keys.rotate(system, key.id), 'key_rotated'],
  };

  it.each(Object.keys(ENDS))(
    'end within the revocation bound, while idle, when the key %s [T110]',
    async (when) => {
      const [grant, change, code] = ENDS[when] ?? [];
      const key = await issue(grant);
      const socket = await open(key);
      const other = await open(await issue());
      await change?.(key);
      const changedAt = performance.now();
      const closeCode = /^(?:ip|insuff|binding)/.test(code ?? '') ? 4403 : 4401;

      expect(await reasonOf(library, socket)).toBe(library === 'ws' ? `${closeCode} ${code}` : code);
      expect(socket.endedAt - changedAt).toBeLessThan(BOUND_MS);
      expect(other.ended).toBeUndefined();
      other.close();
      isActive = true;
    },
  );

  it('end when the grace period of a rotated token ends, and not before [T110]', async () => {
    const key = await issue();
    const socket = await open(key);
    await keys.rotate(system, key.key.id, { gracePeriodSeconds: 60 });
    expect((await socket.ask('whoami', {})).event).toBe('you');
    host.clock.advance(60_000);

    expect(await reasonOf(library, socket)).toBe(library === 'ws' ? '4401 key_rotated' : 'key_rotated');
  });

  it('stay open when the key gets more rights, and its messages have them', async () => {
    const key = await issue({ orgId: 'acme' });
    const socket = await open(key);
    await keys.update(system, key.key.id, { scopes: ['memory:*'], orgId: null, name: 'wider' });
    const added = await eventually(
      async () => socket.ask('add', { orgId: 'globex' }),
      ({ event }) => event === 'added',
    );
    expect(added.data).toEqual({ tenant: { orgId: 'globex' } });
    socket.close();
  });

  it('are rejected after the key was revoked, and accepted with another key', async () => {
    const key = await issue();
    const socket = await open(key);
    await keys.revoke(system, key.key.id);
    await socket.end();
    const again = await rejection(library, host.url, bearer(key.token));
    expect(again.problem['code']).toBe('key_revoked');
    (await open(await issue())).close();
  });

  it('end when the store is unreachable for the revocation bound', async () => {
    const key = await issue();
    const socket = await open(key);
    const repository = host.app.get<ApiKeyRepository>(API_KEY_REPOSITORY);
    const find = jest
      .spyOn(repository, 'find')
      .mockRejectedValue(new StorageUnavailableError(new Error('connection refused')));
    // Something changes the key, so that the cached one is no longer proven.
    (repository.changes as unknown as { announce(id: string): void }).announce(key.key.id);

    expect(await reasonOf(library, socket)).toBe(
      library === 'ws' ? '1013 storage_unavailable' : 'storage_unavailable',
    );
    const again = await rejection(library, host.url, bearer(key.token));
    find.mockRestore();
    expect(again.problem).toMatchObject({ status: 503, code: 'storage_unavailable' });
    if (library === 'ws') expect([again.status, again.headers['retry-after']]).toEqual([503, '1']);
    else expect(again.problem['retryAfter']).toBe(1);
  });

  it('tell apiKeyOf(client) their key when the client connects', async () => {
    const key = await issue();
    const socket = await open(key);
    await until('the greeting arrives', () => socket.received.length > 0);
    expect(socket.received[0]).toEqual({ event: 'news', data: { key: key.key.id } });
    socket.close();
  });

  it('accept a key whose allowlist contains the address of the client, and no other', async () => {
    const near = await open(await issue({ allowedIps: ['127.0.0.1'] }));
    expect((await near.ask('whoami', {})).event).toBe('you');
    near.close();
    const far = await issue({ allowedIps: ['192.0.2.1'] });
    expect((await rejection(library, host.url, bearer(far.token))).problem['code']).toBe('ip_not_allowed');
  });

  it('count as a use of the key, but not against its rate limits', async () => {
    const key = await issue({ rateLimits: [{ name: 'default', limit: 1, windowSeconds: 3600 }] });
    for (let time = 0; time < 3; time += 1) (await open(key)).close();
    const socket = await open(key);
    expect((await socket.ask('whoami', {})).event).toBe('you');
    socket.close();
  });

  it('leave no watched key, listener or timer behind after 1,000 of them [T113]', async () => {
    const watch = host.app.get(KeyWatch);
    const tokens = Reflect.get(watch, 'tokens') as ReadonlyMap<string, unknown>;
    const key = await issue();
    await until('earlier connections are gone', () => tokens.size === 0);
    for (let round = 0; round < 20; round += 1) {
      const sockets = await Promise.all(Array.from({ length: 50 }, async () => open(key)));
      expect(tokens.size).toBe(1);
      for (const socket of sockets) socket.close();
    }
    await until('the last connection is gone', () => tokens.size === 0);
    expect(Reflect.get(watch, 'timer')).toBeUndefined();
  });

  it('deliver no broadcast to a client whose key is still being read [T111]', async () => {
    const key = await issue();
    const repository = host.app.get<ApiKeyRepository>(API_KEY_REPOSITORY);
    const reads = new HeldReads<ApiKey>();
    await keys.revoke(system, key.key.id);
    const find = jest.spyOn(repository, 'find').mockImplementation(async (id) => reads.load(id));
    const connecting = connect(library, host.url, bearer(key.token));
    await until('the key is being read', () => reads.begun.length > 0);
    host.app.get(GreetingGateway).broadcast('a secret');
    find.mockRestore();
    reads.at(0).answer(await repository.find(key.key.id));

    const answer = await connecting;
    expect(answer).toMatchObject({ problem: { code: 'key_revoked' } });
    expect(JSON.stringify(answer)).not.toContain('a secret');
  });
});

describe('a host with socket.io', () => {
  let host: MemoriesHost;

  @WebSocketGateway({ namespace: 'other' })
  class OtherGateway {
    @SubscribeMessage('ping')
    @Authenticated()
    ping(): Received {
      return { event: 'pong', data: {} };
    }
  }

  beforeAll(async () => {
    host = await startSocketsHost('socket.io', 'fastify', { providers: [MemoriesGateway, OtherGateway] });
  });

  afterAll(async () => host.close());

  it('delivers no broadcast to a stranger that ignores the rejection and stays silent [T111]', async () => {
    const socket = io(host.url, { transports: ['websocket'], forceNew: true, reconnection: false });
    const seen: unknown[] = [];
    socket.onAny((...args) => seen.push(args));
    await new Promise((resolve) => {
      socket.on('connect_error', resolve);
    });
    const { token } = await host.issue({ scopes: [] });
    const witness = await connected('socket.io', host.url, bearer(token));
    host.app.get(MemoriesGateway).broadcast('a secret');
    await until('the witness has the broadcast', () => witness.received.length > 0);
    // The engine delivers in order, so an answer to a new attempt comes after any broadcast.
    const again = new Promise((resolve) => {
      socket.once('connect_error', resolve);
    });
    socket.connect();
    await again;
    expect(seen).toEqual([]);
    socket.disconnect();
    witness.close();
  });

  it('keeps the socket of another namespace with another key when one key is revoked', async () => {
    const [one, two] = await Promise.all([host.issue({ scopes: [] }), host.issue({ scopes: [] })]);
    const main = io(host.url, { transports: ['websocket'], forceNew: true, auth: { token: one.token } });
    const other = main.io.socket('/other', { auth: { token: two.token } }).connect();
    await until('both are connected', () => main.connected && other.connected);
    await host.revoke(one);
    await until('the first socket is gone', () => !main.connected);
    const pong = new Promise((resolve) => {
      other.once('pong', resolve);
    });
    other.emit('ping');
    expect(await pong).toEqual({});
    await host.revoke(two);
    await until('the second socket is gone', () => !other.connected);
    main.disconnect();
    other.disconnect();
  });

  it('judges each message of a client with long polling by the address that it connected from', async () => {
    const { token } = await host.issue({ scopes: [], allowedIps: ['127.0.0.1'] });
    const socket = await connected('socket.io', host.url, { auth: { token }, transports: ['polling'] });
    for (let time = 0; time < 3; time += 1) expect((await socket.ask('whoami', {})).event).toBe('you');
    socket.close();
  });

  it('reads the members of auth that name a credential', async () => {
    const { token } = await host.issue({ scopes: [] });
    for (const auth of [{ token }, { Authorization: `Bearer ${token}` }, { headers: { 'X-API-Key': token } }])
      (await connected('socket.io', host.url, { auth })).close();
  });
});

describe.each(LIBRARIES)('a gateway with %s and a port of its own', (library) => {
  it('judges connections too', async () => {
    const port = await freePort();

    @WebSocketGateway(port)
    class OwnPortGateway {
      @SubscribeMessage('whoami')
      @Authenticated()
      whoAmI(): Received {
        return { event: 'you', data: {} };
      }
    }

    const host = await startSocketsHost(library, 'fastify', { providers: [OwnPortGateway] });
    const url = `http://127.0.0.1:${port}`;
    const { token } = await host.issue({ scopes: [] });
    const stranger = await rejection(library, url);
    const socket = await connected(library, url, bearer(token));
    const answer = await socket.ask('whoami');
    await host.close();

    expect(stranger.problem['code']).toBe('missing_credential');
    expect(answer.event).toBe('you');
  });
});

describe.each(LIBRARIES)('a gateway with %s whose class is public', (library) => {
  @Public()
  @WebSocketGateway()
  class NewsGateway {
    @SubscribeMessage('status')
    status(): Received {
      return { event: 'status', data: {} };
    }
  }

  it('accepts every client, like a public route', async () => {
    const host = await startSocketsHost(library, 'fastify', { providers: [NewsGateway] });
    const events: string[] = [];
    for (const handshake of [{}, bearer('nonsense')]) {
      const socket = await connected(library, host.url, handshake);
      events.push((await socket.ask('status')).event);
    }
    await host.close();
    expect(events).toEqual(['status', 'status']);
  });
});

describe('a rejected upgrade with ws', () => {
  let host: MemoriesHost;

  beforeAll(async () => {
    host = await startSocketsHost('ws', 'express', { providers: [OpenGateway] });
  });

  afterAll(async () => host.close());

  it('gets a problem with the status and headers of a route', async () => {
    const answer = await rejection('ws', host.url, bearer('nonsense'));
    expect(answer.status).toBe(401);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'www-authenticate': expect.stringMatching(/^Bearer realm="keyward", error="invalid_token"/) as string,
    });
    expect(answer.problem).toMatchObject({ status: 401, code: 'malformed_token' });
  });

  it('gets 400 for two different credentials', async () => {
    const { token } = await host.issue({ scopes: [] });
    const headers = { authorization: `Bearer ${token}`, 'x-api-key': 'another' };
    const answer = await rejection('ws', host.url, { headers });
    expect([answer.status, answer.problem['code']]).toEqual([400, 'invalid_request']);
  });
});
