import { setTimeout as pause } from 'node:timers/promises';
import type { IssuedApiKey } from 'keyward';
import { issueToken } from '../../src/api-keys/domain/token/key-token';
import { HttpClient } from '../support/http-client';
import { type NodeProcess, runNode } from '../support/node-process';
import { startService, type TestService } from '../support/service';
import { testDatabaseUri } from '../support/test-database';

const KEYS = 20;
const FORGED = 3000;
const CONNECTIONS = 250;
const SELF = '/v1/api-keys/self';
const MB = 1024 * 1024;
/** Long enough for the change feed to stay fresh on a slow machine. */
const BOUND_MS = 30_000;
/** The interval between reads of a key for wrong secrets. */
const INTERVAL_MS = 200;

/** The largest key that a tenant can create. */
const LARGE = {
  scopes: Array.from({ length: 100 }, (_none, index) => `memory:${index}:`.padEnd(128, 'x')),
  allowedIps: ['127.0.0.1', ...Array.from({ length: 99 }, (_none, index) => `10.0.${index}.0/24`)],
  metadata: Object.fromEntries(Array.from({ length: 50 }, (_none, index) => [`k${index}`, 'v'.repeat(140)])),
};

describe('a service that gets 3,000 forged tokens of 20 known key ids', () => {
  let maker: TestService;
  let attacked: NodeProcess;
  let url: string;
  const keys: IssuedApiKey[] = [];
  let reports = 0;

  beforeAll(async () => {
    const uri = testDatabaseUri('forged');
    maker = await startService('mongo', { MONGODB_URI: uri });
    while (keys.length < KEYS) {
      keys.push(await maker.issue({ ...LARGE, orgId: keys.length % 2 === 0 ? 'acme' : 'globex' }));
    }
    attacked = runNode(['-r', './test/support/heap-reporter.cjs', 'dist/main.js'], {
      NODE_ENV: 'test',
      PORT: '0',
      LOG_LEVEL: 'fatal',
      REVOCATION_BOUND_MS: String(BOUND_MS),
      STORAGE: 'mongo',
      MONGODB_URI: uri,
    });
    [, url = ''] = await attacked.waitFor(/listening on (\S+)/);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([attacked, maker].map(async (each?: { stop(): Promise<void> }) => each?.stop()));
  });

  const heapUsed = async (): Promise<number> => {
    reports += 1;
    attacked.child.kill('SIGUSR2');
    const [, bytes] = await attacked.waitFor(new RegExp(`heap report ${reports}: (\\d+) bytes`));
    return Number(bytes);
  };
  const readsOf = async (): Promise<number> => {
    const { text } = await new HttpClient(url).get('/metrics');
    return Number(/^keyward_key_reads_total (\d+)/m.exec(text)?.[1]);
  };
  const useKeys = async (): Promise<readonly number[]> =>
    Promise.all(keys.map(async ({ token }) => (await new HttpClient(url, token).get(SELF)).status));
  /** Sends forged tokens of all keys in turn over several connections. */
  const forge = async (count: number): Promise<ReadonlySet<number>> => {
    const statuses = new Set<number>();
    let sent = 0;
    const client = async (): Promise<void> => {
      while (sent < count) {
        const { key } = keys[(sent += 1) % KEYS] ?? {};
        const { token } = issueToken('kw', key?.id ?? '');
        statuses.add((await new HttpClient(url, token).get(SELF)).status);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, client));
    return statuses;
  };
  const untilServedFromMemory = async (): Promise<void> => {
    for (;;) {
      const before = await readsOf();
      await useKeys();
      if ((await readsOf()) === before) return;
      await pause(50);
    }
  };

  it('uses little memory and few reads, and still accepts the genuine tokens [T43]', async () => {
    await untilServedFromMemory();
    await forge(FORGED / 10);
    const [heapBefore, readsBefore, startedAt] = [await heapUsed(), await readsOf(), performance.now()];
    const statuses = await forge(FORGED);
    const intervals = Math.ceil((performance.now() - startedAt) / INTERVAL_MS);
    const [heap, reads] = [(await heapUsed()) - heapBefore, (await readsOf()) - readsBefore];
    // On a slow machine the store may answer too late: 503.
    expect([401, 429, 503]).toEqual(expect.arrayContaining([...statuses]));
    expect(heap).toBeLessThan(12 * MB);
    expect(reads).toBeLessThanOrEqual(KEYS * (intervals + 2));
    await untilServedFromMemory();
    expect(new Set(await useKeys())).toEqual(new Set([200]));
  }, 300_000);
});
