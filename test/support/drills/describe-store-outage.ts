import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { makeRootKey } from '../integration/keyward';
import { type MongoServer, startMongoServer } from '../mongo-server';
import { withDatabase } from '../mongo-server/uri';
import { relayed } from '../relayed';
import { startTcpProxy, type TcpProxy } from '../tcp-proxy';
import {
  BOUND_MS,
  type DrillInstance,
  RECOVERED_WITHIN_MS,
  REFUSED_WITHIN_MS,
  startDrillInstance,
} from './drill-instance';
import { figuresOf, reportDrill } from './drill-report';
import { KeyLedger } from './key-ledger';
import { servesFromMemory } from './served-from-memory';
import { DoomedKey, furnishTwoTenants, makeTenantKey, type TwoTenants } from './question';
import { SteadyLoad } from './steady-load';
import { StoredKeys } from './stored-keys';
import { slowestOf } from './timed';

const OUTAGE_MS = 6000;
const WRITE_EVERY_MS = 80;
const UNDER_WAY_MS = 3;
const SETTLED_MS = 1500;

interface Store {
  readonly mongo: MongoServer;
  readonly proxy: TcpProxy;
}

/** A way to make the store unreachable. */
export interface StoreOutage {
  readonly drill: string;
  /** Whether the outage also affects the second instance, which does not use the proxy. */
  readonly hitsBoth: boolean;
  readonly leave: (store: Store) => void;
  readonly comeBack: (store: Store) => void | Promise<void>;
}

/**
 * Describes a drill with two instances, of which the first reaches the store through a proxy. Both verify keys of two
 * tenants, and the first creates and rotates keys, before, during and after the outage.
 */
export function describeStoreOutage({ drill, hitsBoth, leave, comeBack }: StoreOutage): void {
  let mongo: MongoServer;
  let proxy: TcpProxy;
  let first: DrillInstance;
  let other: DrillInstance;
  let stored: StoredKeys;
  let root: string;
  let tenants: TwoTenants;
  let loads: readonly SteadyLoad[] = [];
  const over = new AbortController();

  beforeAll(async () => {
    mongo = await startMongoServer({ own: true });
    const uri = withDatabase(mongo.uri, `drill_${randomUUID()}`);
    const { relay, through } = await relayed(uri, startTcpProxy);
    proxy = relay;
    root = await makeRootKey(uri);
    [first, other] = await Promise.all([
      startDrillInstance({ MONGODB_URI: through }),
      startDrillInstance({ MONGODB_URI: uri }),
    ]);
    stored = new StoredKeys(uri);
    tenants = await furnishTwoTenants(other.as(root));
  });

  afterEach(async () => {
    over.abort();
    mongo.resume();
    for (const load of loads) await load.stop();
  });

  afterAll(async () => {
    await proxy.restore();
    await Promise.all([first.stop(), other.stop()]);
    await stored.close();
    await proxy.close();
    await mongo.stop();
  });

  it('rejects in time, accepts no stale key, loses no acknowledged write, and recovers [T33]', async () => {
    const admin = other.as(root);
    const doomed = await Promise.all(
      ['acme', 'globex'].map(async (orgId) => new DoomedKey(await makeTenantKey(admin, orgId), BOUND_MS)),
    );
    const questions = [...tenants.questions, ...doomed.map((key) => key.question)];
    const atFirst = new SteadyLoad(first, questions, root);
    const atOther = new SteadyLoad(other, questions, root);
    loads = [atFirst, atOther];
    const ledger = new KeyLedger();
    const create = async (): Promise<unknown> =>
      Promise.all(
        ['acme', 'globex'].map(async (orgId) =>
          ledger.create(first.as(root), { scopes: ['memory:read'], orgId }),
        ),
      );
    const write = async (): Promise<unknown> => Promise.all([create(), ledger.rotateOne(first.as(root))]);

    for (let round = 0; round < 10; round += 1) await write();
    for (const load of loads) await load.allRightSince(performance.now(), RECOVERED_WITHIN_MS);
    await servesFromMemory(first, atFirst, RECOVERED_WITHIN_MS);

    // In flight when the outage begins.
    const creating = create();
    await pause(UNDER_WAY_MS);
    const leftAt = performance.now();
    leave({ mongo, proxy });
    const writing = writeSteadily(write, over.signal);
    const revoking = Promise.all(doomed.map(async (key) => key.revoke(admin)));
    await pause(OUTAGE_MS);
    const refusal = await first.as(tenants.keys[0]?.token).get('/v1/api-keys/self');
    expect([refusal.status, refusal.body['code']]).toEqual([503, 'storage_unavailable']);
    expect(refusal.headers.get('retry-after')).toBe('1');
    const curedAt = performance.now();
    await comeBack({ mongo, proxy });

    const recoveryMs = await atFirst.firstAdmissionSince(curedAt, RECOVERED_WITHIN_MS);
    await Promise.all([revoking, creating]);
    const recoveredAt = performance.now();
    for (const load of loads) await load.allRightSince(recoveredAt, RECOVERED_WITHIN_MS);
    over.abort();
    await writing;
    await servesFromMemory(first, atFirst, RECOVERED_WITHIN_MS);
    for (const load of loads) await load.stop();
    // Data that the proxy or a suspended server still held back has arrived by then.
    await pause(SETTLED_MS);

    const hit = hitsBoth ? loads : [atFirst];
    // Later requests may be answered after the outage.
    const steadyUntil = curedAt - REFUSED_WITHIN_MS;
    const asked = [...hit.flatMap(({ answers }) => answers), ...ledger.times];
    const slowestRefusalMs = slowestOf(asked, leftAt, steadyUntil, atFirst.lateness);
    const faults = await ledger.faults(first, root, await stored.keys());
    reportDrill({
      drill,
      outageMs: curedAt - leftAt,
      ...figuresOf(...hit),
      slowestRefusalMs,
      acknowledgedWrites: ledger.acknowledged,
      unacknowledgedWrites: ledger.refused,
      lostWrites: faults.length,
      recoveryMs,
    });
    expect(faults).toEqual([]);
    expect(loads.map(({ wrong }) => wrong)).toEqual([[], []]);
    for (const load of hit) {
      expect(load.admissionsBetween(leftAt + BOUND_MS, curedAt)).toEqual([]);
      expect([...load.refusals.keys()]).toEqual(['503 storage_unavailable']);
    }
    if (!hitsBoth) expect(atOther.unexcused).toEqual([]);
    expect(slowestRefusalMs).toBeLessThan(REFUSED_WITHIN_MS);
    expect(ledger.refused).toBeGreaterThan(0);
    expect(ledger.outcomes.get('503 storage_unavailable')).toBe(ledger.refused);
  });
}

/** Writes at regular intervals without waiting for answers. Waits for all answers at the end. */
async function writeSteadily(write: () => Promise<unknown>, over: AbortSignal): Promise<void> {
  const sent: Promise<unknown>[] = [];
  while (!over.aborted) {
    sent.push(write());
    await pause(WRITE_EVERY_MS);
  }
  await Promise.all(sent);
}
