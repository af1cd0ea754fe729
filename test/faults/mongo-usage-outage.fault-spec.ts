import { newKeyId } from '../../src/api-keys/domain/key-id';
import { UsageNotWrittenError } from '../../src/api-keys/ports/usage.repository';
import { StorageUnavailableError } from '../../src/problems/storage.errors';
import { timed } from '../support/lateness';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';
import { eventuallyIs } from '../support/patience';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import { SERVICE_CONNECTION } from '../contract/opened-repository';
import {
  openMongoUsageRepository,
  type OpenedMongoUsageRepository,
} from '../contract/usage-opened-repository';
import { uses } from '../contract/usage-repository.contract';

const SPAN = { from: new Date('2027-01-10T00:00:00Z'), to: new Date('2027-01-11T00:00:00Z') };
const REFUSED_WITHIN_MS = 2000;
const WRITE_TIMEOUT_MS = 3000;

describe('the usage store during an outage of MongoDB', () => {
  const acme = newKeyId(new Date());
  let server: MongoServer;
  let proxy: TcpProxy;
  let store: OpenedMongoUsageRepository;

  beforeAll(async () => {
    server = await startMongoServer({ own: true });
    const { hostname, port } = new URL(server.uri);
    proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    const uri = new URL(withDatabase(server.uri, 'usage_outage'));
    uri.port = String(proxy.port);
    store = await openMongoUsageRepository(uri.href, SERVICE_CONNECTION, WRITE_TIMEOUT_MS);
    await store.repository.add([uses(acme, '10T09:00:00', 1)]);
  });
  afterAll(async () => {
    server.resume();
    await proxy.restore();
    await store.connection.close();
    await proxy.close();
    await server.stop();
  });

  async function stored(): Promise<number> {
    const { hours } = await store.repository.usageOf(acme, SPAN);
    return hours.reduce((sum, { count }) => sum + count, 0);
  }

  async function answering(): Promise<void> {
    await eventuallyIs(async () => store.repository.probe().catch((reason: unknown) => reason), undefined);
  }

  it('throws UsageNotWrittenError if it finds no server to write to', async () => {
    proxy.cut();
    // The driver may take a reset connection for a working one. After that it knows that the server is unreachable.
    await expect(store.repository.probe()).rejects.toThrow(StorageUnavailableError);
    await expect(store.repository.add([uses(acme, '10T10:00:00', 10)])).rejects.toThrow(UsageNotWrittenError);
    await proxy.restore();
    await answering();
    await expect(stored()).resolves.toBe(1);
  });

  it('throws StorageUnavailableError if a write was sent, but not answered', async () => {
    server.suspend();
    const { result: refusal, ms } = await timed(async () =>
      store.repository.add([uses(acme, '10T11:00:00', 100)]).catch((error: unknown) => error),
    );
    expect(refusal).toBeInstanceOf(StorageUnavailableError);
    expect(ms).toBeLessThan(WRITE_TIMEOUT_MS + 500);
    // The write waited at the server, and is applied in the end.
    server.resume();
    await answering();
    await eventuallyIs(stored, 101);
  });

  it('rejects reads of usage in time, and recovers when MongoDB is back', async () => {
    proxy.hang();
    const { result: refusals, ms } = await timed(async () =>
      Promise.all(
        [
          store.repository.usageOf(acme, SPAN),
          store.repository.lastUsed([acme]),
          store.repository.probe(),
        ].map(async (read) => read.catch((error: unknown) => error)),
      ),
    );
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(StorageUnavailableError);
    expect(ms).toBeLessThan(REFUSED_WITHIN_MS);
    await proxy.restore();
    await answering();
    await expect(store.repository.lastUsed([acme])).resolves.toEqual(new Map([[acme, expect.any(Date)]]));
  });
});
