import { MongooseModule } from '@nestjs/mongoose';
import { ApiKeysService, type IssuedApiKey, rootCaller } from 'keyward';
import { feasibleBound } from '../support/freshness/bound';
import type { MemoriesHost } from '../support/memories-host';
import { eventually } from '../support/patience';
import { relayed } from '../support/relayed';
import { MemoriesGateway } from '../support/sockets/memories-gateway';
import {
  bearer,
  connect,
  type Library,
  type OpenSocket,
  type Rejected,
} from '../support/sockets/socket-client';
import { startSocketsHost } from '../support/sockets/sockets-host';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import { testDatabaseUri } from '../support/test-database';

const system = rootCaller('system');

const isOpen = (socket: OpenSocket | Rejected): socket is OpenSocket => !('problem' in socket);

const CASES: readonly (readonly [Library, 'streams' | 'polling'])[] = [
  ['ws', 'streams'],
  ['ws', 'polling'],
  ['socket.io', 'streams'],
];

describe.each(CASES)(
  'idle connections with %s to a second instance that follows changes by %s',
  (library, feed) => {
    let boundMs: number;
    let first: MemoriesHost;
    let second: MemoriesHost;
    let proxy: TcpProxy;

    const start = async (uri: string): Promise<MemoriesHost> =>
      startSocketsHost(
        library,
        'fastify',
        {
          imports: [MongooseModule.forRoot(uri, { serverSelectionTimeoutMS: 1000, bufferCommands: false })],
          providers: [MemoriesGateway],
        },
        { storage: 'mongo', freshness: { revocationBoundMs: boundMs, changeFeed: feed } },
      );

    beforeAll(async () => {
      const uri = testDatabaseUri('gateways');
      boundMs = await feasibleBound(uri);
      const { relay, through } = await relayed(uri, startTcpProxy);
      proxy = relay;
      [first, second] = [await start(uri), await start(through)];
    });

    afterAll(async () => {
      await proxy.restore();
      await Promise.all([first.close(), second.close()]);
      await proxy.close();
    });

    const issue = async (): Promise<IssuedApiKey> => first.issue({ scopes: ['memory:read'] });

    /** Connects to the second instance, again if its store is not ready yet. */
    async function open({ token }: IssuedApiKey): Promise<OpenSocket> {
      const socket = await eventually(async () => connect(library, second.url, bearer(token)), isOpen);
      if (!isOpen(socket)) throw new Error(JSON.stringify(socket));
      return socket;
    }

    const revoke = async ({ key }: IssuedApiKey): Promise<number> => {
      await first.app.get(ApiKeysService).revoke(system, key.id);
      return performance.now();
    };

    it('end within the bound after the first instance revoked their key, and others stay open [T110]', async () => {
      const [revoked, good] = [await issue(), await issue()];
      const sockets = await Promise.all([open(revoked), open(revoked), open(good)]);
      const revokedAt = await revoke(revoked);
      const ends = await Promise.all(sockets.slice(0, 2).map(async (socket) => socket.end()));

      for (const socket of sockets.slice(0, 2)) expect(socket.endedAt - revokedAt).toBeLessThan(boundMs);
      if (library === 'ws') expect(ends).toEqual(['4401 key_revoked', '4401 key_revoked']);
      expect((await sockets[2]?.ask('whoami', {}))?.event).toBe('you');
      sockets[2]?.close();
    });

    it('end within the bound after a revocation while the second instance has lost the store [T110]', async () => {
      const [revoked, good] = [await issue(), await issue()];
      const sockets = await Promise.all([open(revoked), open(good)]);
      proxy.cut();
      const revokedAt = await revoke(revoked);
      const ends = await Promise.all(sockets.map(async (socket) => socket.end()));
      await proxy.restore();

      for (const socket of sockets) expect(socket.endedAt - revokedAt).toBeLessThan(boundMs);
      if (library === 'ws') expect(ends[1]).toBe('1013 storage_unavailable');
      (await open(good)).close();
      const again = await eventually(
        async () => connect(library, second.url, bearer(revoked.token)),
        (answer) => !('problem' in answer) || answer.problem['status'] !== 503,
      );
      expect(again).toMatchObject({ problem: { code: 'key_revoked' } });
    });

    it('end within the bound if the store hangs', async () => {
      const key = await issue();
      const socket = await open(key);
      proxy.hang();
      const revokedAt = await revoke(key);
      await socket.end();
      await proxy.restore();

      expect(socket.endedAt - revokedAt).toBeLessThan(boundMs);
    });
  },
);
