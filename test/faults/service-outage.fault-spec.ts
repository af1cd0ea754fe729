import { freePort } from '../support/free-port';
import type { HttpAnswer } from '../support/http-client';
import { timed } from '../support/lateness';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';
import { runNode } from '../support/node-process';
import { eventually } from '../support/patience';
import { relayed } from '../support/relayed';
import { startService, type TestService } from '../support/service';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';

async function eventuallyAnswers(call: () => Promise<HttpAnswer>, status: number): Promise<void> {
  await eventually(call, (answer) => answer.status === status);
}

describe('a service during an outage of its database', () => {
  let mongo: MongoServer;
  let proxy: TcpProxy;
  let service: TestService;

  beforeAll(async () => {
    mongo = await startMongoServer({ own: true });
    const { relay, through } = await relayed(withDatabase(mongo.uri, 'keyward_outage'), startTcpProxy);
    proxy = relay;
    service = await startService('mongo', { MONGODB_URI: through });
  });
  afterAll(async () => {
    mongo.resume();
    await service.stop();
    await proxy.close();
    await mongo.stop();
  });

  it.each([
    ['hangs', () => mongo.suspend(), () => mongo.resume()],
    ['is cut off', () => proxy.cut(), async () => proxy.restore()],
    ['answers nothing', () => proxy.hang(), async () => proxy.restore()],
  ] as const)(
    'answers all requests with valid tokens with 503 within 2 s while it %s, then recovers [T33]',
    async (_how, leave, comeBack) => {
      const root = service.as(service.root.token);
      const { key, token } = await service.issue({ scopes: ['memory:read'], orgId: 'acme' });
      const holder = service.as(token);
      const path = `/v1/api-keys/${key.id}`;

      leave();
      const answers = await Promise.all(
        [
          async () => holder.get('/v1/api-keys/self'),
          async () => root.get('/v1/api-keys'),
          async () => root.get(path),
          async () => root.post('/v1/api-keys', { name: 'n', scopes: [] }),
          async () => root.patch(path, { name: 'n' }),
          async () => root.delete(path),
        ].map(timed),
      );
      for (const { result: answer, ms } of answers) {
        expect([answer.status, answer.body['code']]).toEqual([503, 'storage_unavailable']);
        expect(answer.headers.get('retry-after')).toBe('1');
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
        expect(ms).toBeLessThan(2000);
      }
      const malformed = await service.as('kw_nonsense').get('/v1/api-keys/self');
      expect(malformed.status).toBe(401);

      await comeBack();
      await eventuallyAnswers(async () => holder.get('/v1/api-keys/self'), 200);
      await eventuallyAnswers(async () => root.delete(path), 204);
      expect((await holder.get('/v1/api-keys/self')).status).toBe(401);
    },
  );
});

describe('a service without a database at the start', () => {
  it('retries and logs each attempt, exits with 1, and never falls back to memory', async () => {
    const port = await freePort();
    const running = runNode(['dist/main.js'], {
      NODE_ENV: 'development',
      MONGODB_URI: `mongodb://127.0.0.1:${await freePort()}/keyward`,
      MONGODB_CONNECT_TIMEOUT_MS: '3000',
      PORT: String(port),
    });
    // The process has started by then, however long that takes.
    await running.waitFor(/not reachable yet/);
    const { result: code, ms } = await timed(async () => running.exited());
    expect(code).toBe(1);
    expect(ms).toBeLessThan(6000);
    expect(running.stdout() + running.stderr()).toMatch(
      /not reachable yet \(MongooseServerSelectionError: [^)]+\), attempt 1/,
    );
    const [, tried] =
      /keyward: MongoDB could not be reached with MONGODB_URI within (\d+) ms/.exec(running.stderr()) ?? [];
    expect(Number(tried)).toBeGreaterThanOrEqual(3000);
    expect(running.stdout() + running.stderr()).not.toContain('listening');
    expect(running.stderr()).not.toContain('    at ');
  });

  it('starts when the database becomes reachable in time', async () => {
    const mongo = await startMongoServer({ own: true });
    const { hostname, port } = new URL(mongo.uri);
    const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    proxy.cut();
    const uri = new URL(mongo.uri);
    uri.port = String(proxy.port);
    uri.pathname = '/keyward_late';
    const running = runNode(['dist/main.js'], {
      NODE_ENV: 'production',
      MONGODB_URI: uri.toString(),
      PORT: '0',
    });
    await running.waitFor(/not reachable yet/);
    await proxy.restore();
    await running.waitFor(/listening on/);
    await running.stop();
    await proxy.close();
    await mongo.stop();
  });
});
