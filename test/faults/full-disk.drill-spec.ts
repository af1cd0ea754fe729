import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  BOUND_MS,
  type DrillInstance,
  RECOVERED_WITHIN_MS,
  REFUSED_WITHIN_MS,
  startDrillInstance,
} from '../support/drills/drill-instance';
import { figuresOf, reportDrill } from '../support/drills/drill-report';
import { KeyLedger, MADE } from '../support/drills/key-ledger';
import { furnishTwoTenants, type TwoTenants } from '../support/drills/question';
import { servesFromMemory } from '../support/drills/served-from-memory';
import { SteadyLoad } from '../support/drills/steady-load';
import { StoredKeys } from '../support/drills/stored-keys';
import { slowestOf } from '../support/drills/timed';
import { relayed } from '../support/relayed';
import { startWriteGate, type WriteGate } from '../support/drills/write-gate';
import { makeRootKey } from '../support/integration/keyward';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';
import { startUserIssuer, type UserIssuer } from '../support/user-issuer';

const FULL_MS = 4000;
const WRITE_EVERY_MS = 200;
const MIN_REFUSED = 10;

describe('a service whose store has a full disk and answers every write with error 14031', () => {
  let mongo: MongoServer;
  let gate: WriteGate;
  let issuer: UserIssuer;
  let environment: Readonly<Record<string, string>>;
  let instance: DrillInstance;
  let stored: StoredKeys;
  let root: string;
  let tenants: TwoTenants;
  let load: SteadyLoad | undefined;

  beforeAll(async () => {
    [mongo, issuer] = await Promise.all([startMongoServer({ own: true }), startUserIssuer()]);
    const uri = withDatabase(mongo.uri, `drill_${randomUUID()}`);
    const { relay, through } = await relayed(uri, startWriteGate);
    gate = relay;
    root = await makeRootKey(uri);
    stored = new StoredKeys(uri);
    environment = {
      MONGODB_URI: through,
      ...issuer.environment,
      USER_GRANTABLE_SCOPES: 'memory:*',
      USAGE_FLUSH_MS: '500',
    };
    instance = await startDrillInstance(environment);
    tenants = await furnishTwoTenants(instance.as(root));
  });

  afterEach(async () => load?.stop());

  afterAll(async () => {
    gate.open();
    await instance.stop();
    await stored.close();
    await gate.close();
    await issuer.stop();
    await mongo.stop();
  });

  it('answers writes with 503, keeps deciding correctly, and writes again once there is space [T33]', async () => {
    const admin = instance.as(root);
    const ann = await issuer.sign({ sub: 'ann', orgs: ['acme'], email: 'ann@acme.example' });
    const renamed = await issuer.sign({ sub: 'ann', orgs: ['acme'], email: 'ann@new.example' });
    const { body: me } = await instance.as(ann).get('/v1/users/me');
    const ledger = new KeyLedger();
    const write = async (): Promise<void> => {
      await Promise.all([
        ledger.create(admin, { scopes: ['memory:read'], orgId: 'acme' }),
        ledger.create(admin, { scopes: ['memory:read'], orgId: 'globex' }),
        ledger.create(
          instance.as(ann),
          { scopes: ['memory:read'] },
          { orgId: 'acme', ownerId: String(me['id']) },
        ),
        ledger.rotateOne(admin),
      ]);
    };
    load = new SteadyLoad(instance, tenants.questions, root);
    for (let round = 0; round < 3; round += 1) await write();
    await load.allRightSince(performance.now(), RECOVERED_WITHIN_MS);
    await servesFromMemory(instance, load, RECOVERED_WITHIN_MS);
    const [keysBefore, usersBefore] = [await stored.keys(), await stored.users()];
    const [acknowledgedBefore, refusedBefore] = [ledger.acknowledged, ledger.refused];

    const fullAt = performance.now();
    gate.fillDisk();
    while (performance.now() < fullAt + FULL_MS / 2 || ledger.refused < refusedBefore + MIN_REFUSED) {
      await write();
      await pause(WRITE_EVERY_MS);
    }
    const [key] = tenants.keys;
    const refusal = await admin.delete(`/v1/api-keys/${key?.id}`);
    expect([refusal.status, refusal.body['code']]).toEqual([503, 'storage_unavailable']);
    expect(refusal.headers.get('retry-after')).toBe('1');
    expect((await instance.as(ann).get('/v1/api-keys')).status).toBe(200);
    expect((await instance.as(renamed).get('/v1/api-keys')).status).toBe(200);
    const ready = await instance.as().get('/health/ready');
    expect([ready.status, ready.body['status']]).toEqual([200, 'degraded']);
    const late = await startDrillInstance(environment);
    expect((await late.as(key?.token).get('/v1/api-keys/self')).status).toBe(200);
    await late.stop();
    await pause(Math.max(0, fullAt + FULL_MS - performance.now()));
    const [keysFull, usersFull] = [await stored.keys(), await stored.users()];
    const [acknowledgedFull, refusedFull] = [ledger.acknowledged, ledger.refused];

    const freedAt = performance.now();
    gate.open();
    while (ledger.acknowledged === acknowledgedFull) {
      await write();
      if (load.lateness.judged(freedAt, performance.now()) > RECOVERED_WITHIN_MS)
        throw new Error('no write succeeds again');
    }
    const recoveryMs = performance.now() - freedAt;
    await servesFromMemory(instance, load, RECOVERED_WITHIN_MS);
    await load.allRightSince(freedAt, RECOVERED_WITHIN_MS);
    await load.stop();

    const faults = await ledger.faults(instance, root, await stored.keys());
    const slowestRefusalMs = slowestOf(ledger.times, fullAt, freedAt, load.lateness);
    reportDrill({
      drill: 'disk full (14031)',
      outageMs: freedAt - fullAt,
      ...figuresOf(load),
      slowestRefusalMs,
      acknowledgedWrites: ledger.acknowledged,
      unacknowledgedWrites: ledger.refused,
      lostWrites: faults.length,
      recoveryMs,
    });
    expect(faults).toEqual([]);
    expect(load.wrong).toEqual([]);
    expect(load.unexcused).toEqual([]);
    // These come from the store, because nothing proves that the cache is fresh.
    expect(load.admissionsBetween(fullAt + BOUND_MS, freedAt).length).toBeGreaterThan(0);
    expect(acknowledgedFull).toBe(acknowledgedBefore);
    expect(refusedFull - refusedBefore).toBeGreaterThanOrEqual(MIN_REFUSED);
    expect(new Set(ledger.outcomes.keys())).toEqual(new Set([MADE, '503 storage_unavailable']));
    expect(gate.refused).toBeGreaterThan(refusedFull);
    expect([keysFull, usersFull]).toEqual([keysBefore, usersBefore]);
    expect(slowestRefusalMs).toBeLessThan(REFUSED_WITHIN_MS);
  });
});
