import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { HttpClient } from '../support/http-client';
import { KeepAliveClient, type Seen } from '../support/keep-alive-client';
import { makeRootKey } from '../support/integration/keyward';
import { type NodeProcess, runBuiltService, runNode } from '../support/node-process';
import { testDatabaseUri } from '../support/test-database';

type Running = NodeProcess & { readonly url: string };

/** The service keeps an idle connection open for 250 ms. Closing it earlier is a fault. */
const LEFT_OPEN_MS = 200;
const QUICK_START_MS = 2000;
/** Keeps waiting times below the timeout of a test. */
const MAX_PACE = 12;

/** The duration of a start relative to a quick machine. The service gets proportionally more time. */
let pace = 1;

beforeAll(async () => {
  const from = performance.now();
  const [service] = await start();
  pace = Math.min(MAX_PACE, Math.max(1, (performance.now() - from) / QUICK_START_MS));
  await service.stop();
});

function ms(quick: number): string {
  return String(Math.round(quick * pace));
}

async function start(environment: Readonly<Record<string, string>> = {}): Promise<[Running, string]> {
  const service = await runBuiltService({
    NODE_ENV: 'development',
    STORAGE: 'memory',
    LOG_LEVEL: 'fatal',
    KEEP_ALIVE_TIMEOUT_MS: '60000',
    ...environment,
  });
  const [, root = ''] = await service.waitFor(/root key: (\S+)/);
  return [service, root];
}

async function opened(url: string): Promise<Socket> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Opens a connection with a request that never ends. */
async function clingingTo(url: string, token = ''): Promise<Socket> {
  const socket = await opened(url);
  socket.on('error', () => undefined).resume();
  // The service reads the body only if the caller can create keys.
  const credential = `Authorization: Bearer ${token}`;
  socket.write(`POST /v1/api-keys HTTP/1.1\r\nHost: x\r\n${credential}\r\nContent-Length: 9\r\n\r\n{`);
  await new KeepAliveClient(url).get('/health/live');
  return socket;
}

/** Sends requests until the server closes the connection, and returns all answers. */
async function askToTheEnd(client: KeepAliveClient): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (;;) {
    const from = performance.now();
    try {
      const answer = await client.get('/v1/api-keys/self');
      seen.push(answer);
      if (answer.lastOfConnection) return seen;
    } catch (error) {
      // On a busy machine the next request may come too late.
      if (performance.now() - from < LEFT_OPEN_MS) throw error;
      return seen;
    }
  }
}

describe('a service that stops', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'answers all requests on open connections after %s, closes each connection, and exits with 0 [T34]',
    async (signal) => {
      const [service, root] = await start();
      const admin = new HttpClient(service.url, root);
      const tokens = await Promise.all(
        ['acme', 'globex'].map(async (orgId) =>
          String((await admin.post('/v1/api-keys', { name: orgId, scopes: [], orgId })).body['token']),
        ),
      );
      const clients = Array.from(
        { length: 20 },
        (_, index) => new KeepAliveClient(service.url, tokens[index % 2]),
      );
      await Promise.all(clients.map(async (client) => client.get('/v1/api-keys/self')));
      const asking = clients.map(askToTheEnd);
      service.child.kill(signal);
      const seen = await Promise.all(asking);
      expect(await service.exited()).toBe(0);

      expect(seen.flat().every(({ status }) => status === 200)).toBe(true);
      for (const client of clients) client.close();
    },
  );

  it('waits for a request that is still being sent, but not for idle connections', async () => {
    const [service, root] = await start();
    const idle = await Promise.all([opened(service.url), opened(service.url)]);
    for (const socket of idle) socket.resume();
    const used = new KeepAliveClient(service.url, root);
    await used.get('/v1/api-keys/self');
    const slow = await opened(service.url);
    const body = JSON.stringify({ name: 'late', scopes: [] });
    slow.write(
      `POST /v1/api-keys HTTP/1.1\r\nHost: x\r\nX-API-Key: ${root}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
    );
    await new KeepAliveClient(service.url).get('/health/live');

    service.child.kill('SIGTERM');
    await Promise.all(idle.map(async (socket) => once(socket, 'close')));
    expect(service.child.exitCode).toBeNull();
    let answer = '';
    slow.setEncoding('utf8').on('data', (text: string) => (answer += text));
    slow.write(body.slice(5));
    await once(slow, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(await service.exited()).toBe(0);
    used.close();
  });

  it('is not ready, but still accepts requests during SHUTDOWN_DELAY_MS', async () => {
    const [service, root] = await start({
      SHUTDOWN_DELAY_MS: ms(1500),
      SHUTDOWN_TIMEOUT_MS: ms(25_000),
      METRICS_PORT: '0',
    });
    const [, operations = ''] = await service.waitFor(/health and metrics on (\S+)/);
    const probe = new HttpClient(operations);
    expect((await probe.get('/health/ready')).status).toBe(200);
    service.child.kill('SIGTERM');

    let ready = await probe.get('/health/ready');
    while (ready.status === 200) ready = await probe.get('/health/ready');
    expect([ready.status, ready.body['code']]).toEqual([503, 'not_ready']);
    expect((await probe.get('/health/live')).status).toBe(200);
    const late = await new KeepAliveClient(service.url, root).get('/v1/api-keys/self');
    expect(late).toMatchObject({ status: 200, lastOfConnection: true });
    expect(await service.exited()).toBe(0);
    await expect(new KeepAliveClient(service.url).get('/health/live')).rejects.toThrow('ECONNREFUSED');
  });

  it('disconnects a client that does not finish its request, and still stores its usage counts [T34]', async () => {
    const environment = { NODE_ENV: 'test', MONGODB_URI: testDatabaseUri('shutdown'), LOG_FORMAT: 'json' };
    const token = await makeRootKey(environment.MONGODB_URI);
    const service = await runBuiltService({
      ...environment,
      SHUTDOWN_TIMEOUT_MS: ms(5000),
      REQUEST_TIMEOUT_MS: ms(60_000),
      USAGE_FLUSH_MS: '60000',
    });
    expect((await new HttpClient(service.url, token).get('/v1/api-keys/self')).body['lastUsedAt']).toBeNull();
    const stuck = await clingingTo(service.url, token);
    service.child.kill('SIGTERM');
    service.child.kill('SIGTERM');
    await once(stuck, 'close');
    expect(await service.exited()).toBe(0);
    expect(service.stdout()).toContain('closed 1 connections whose requests did not finish');

    const next = await runBuiltService(environment);
    const { body } = await new HttpClient(next.url, token).get('/v1/api-keys/self');
    expect(body['lastUsedAt']).toEqual(expect.any(String));
    await next.stop();
  });

  it('exits with 1 if it does not finish within SHUTDOWN_TIMEOUT_MS', async () => {
    const [service] = await start({ SHUTDOWN_TIMEOUT_MS: '100', LOG_LEVEL: 'error', LOG_FORMAT: 'json' });
    const stuck = await clingingTo(service.url);
    service.child.kill('SIGTERM');
    service.child.kill('SIGTERM');
    expect(await service.exited()).toBe(1);
    expect(service.stdout()).toContain('shutdown did not finish within 100 ms');
    stuck.destroy();
  });

  it('exits with 0 if it is stopped before it listens', async () => {
    const service = runNode(['dist/main.js'], {
      NODE_ENV: 'production',
      MONGODB_URI: 'mongodb://127.0.0.1:9/keyward',
      PORT: '0',
    });
    await service.waitFor(/not reachable yet/);
    service.child.kill('SIGTERM');
    expect(await service.exited()).toBe(0);
    expect(service.stderr()).not.toContain('listening');
  });
});
