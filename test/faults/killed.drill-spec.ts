import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type DrillInstance,
  RECOVERED_WITHIN_MS,
  startDrillInstance,
} from '../support/drills/drill-instance';
import { reportDrill } from '../support/drills/drill-report';
import { GRACE_SECONDS, KeyLedger, MADE } from '../support/drills/key-ledger';
import { furnishTwoTenants, type TwoTenants } from '../support/drills/question';
import { SteadyLoad } from '../support/drills/steady-load';
import { eventsOf, type StoredKey, StoredKeys } from '../support/drills/stored-keys';
import { relayed } from '../support/relayed';
import { startWriteGate, type WriteGate } from '../support/drills/write-gate';
import { makeRootKey } from '../support/integration/keyward';
import { eventually, until } from '../support/patience';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';
import { startUserIssuer, type UserIssuer } from '../support/user-issuer';

const ROUNDS = 4;
const MAX_KEYS = 100;
/** A slot is considered lost after a minute. The test continues after that. */
const LATER_MS = 75_000;
/** Time for writes that the store received before the kill. */
const UNDER_WAY_MS = 100;

/** The last one occurs only for a write that was delayed for long before its process was killed. */
const EXPECTED: ReadonlySet<string> = new Set([
  MADE,
  'no answer',
  '409 key_limit_reached',
  '503 storage_unavailable',
]);

interface Person {
  readonly orgId: string;
  readonly session: string;
  readonly id: string;
}

describe('a service that is repeatedly killed with SIGKILL while keys are created and rotated', () => {
  let mongo: MongoServer;
  let issuer: UserIssuer;
  let environment: Readonly<Record<string, string>>;
  let instance: DrillInstance;
  let gate: WriteGate;
  let stored: StoredKeys;
  let root: string;
  let tenants: TwoTenants;
  let people: readonly Person[];
  let load: SteadyLoad | undefined;
  let startMs: number;
  let over = new AbortController();
  const ledger = new KeyLedger();

  beforeAll(async () => {
    [mongo, issuer] = await Promise.all([startMongoServer({ own: true }), startUserIssuer()]);
    const uri = withDatabase(mongo.uri, `drill_${randomUUID()}`);
    const { relay, through } = await relayed(uri, startWriteGate);
    gate = relay;
    environment = {
      MONGODB_URI: through,
      ...issuer.environment,
      USER_GRANTABLE_SCOPES: 'memory:*',
      USER_MAX_KEYS: String(MAX_KEYS),
    };
    root = await makeRootKey(uri);
    stored = new StoredKeys(uri);
    const startedAt = performance.now();
    instance = await startDrillInstance(environment);
    startMs = performance.now() - startedAt;
    tenants = await furnishTwoTenants(instance.as(root));
    people = [await signIn('ann', 'acme'), await signIn('bob', 'globex')];
  });

  afterEach(async () => {
    over.abort();
    gate.open();
    await load?.stop();
  });

  afterAll(async () => {
    await instance.stop();
    await stored.close();
    await gate.close();
    await issuer.stop();
    await mongo.stop();
  });

  async function signIn(sub: string, orgId: string): Promise<Person> {
    const session = await issuer.sign({ sub, orgs: [orgId] });
    const { body } = await instance.as(session).get('/v1/users/me');
    return { orgId, session, id: String(body['id']) };
  }

  /** Services of the tenants create and rotate keys, and people create their own, until the process ends. */
  function startWriting(signal: AbortSignal): Promise<unknown> {
    const whileItLives = async (write: () => Promise<unknown>): Promise<void> => {
      while (!signal.aborted) {
        await write();
        await pause(5 * Math.random());
      }
    };
    const admin = instance.as(root);
    const limits = {
      rateLimits: [{ name: 'default', limit: 1000, windowSeconds: 60 }],
      metadata: { made: 'in a drill', n: 1 },
    };
    return Promise.all([
      ...['acme', 'globex', 'acme', 'globex'].map(async (orgId) =>
        whileItLives(async () => ledger.create(admin, { scopes: ['memory:read'], orgId, ...limits })),
      ),
      ...[...people, ...people].map(async ({ session, id, orgId }) =>
        whileItLives(async () =>
          ledger.create(instance.as(session), { scopes: ['memory:read'] }, { orgId, ownerId: id }),
        ),
      ),
      ...Array.from({ length: 4 }, async () => whileItLives(async () => ledger.rotateOne(admin))),
    ]);
  }

  /** Returns the events of stored keys that the audit trail lacks. */
  async function untold(): Promise<readonly string[]> {
    const [keys, told] = [await stored.keys(), await stored.eventIds()];
    // A command created the root key, and its event with it.
    return [...keys.values()].flatMap(eventsOf).filter((id) => !told.has(id));
  }

  /** Returns the slots that a person has taken for keys that do not exist. */
  async function emptyPlacesOf(id: string): Promise<readonly string[]> {
    const [keys, places] = [await stored.keys(), await stored.slotsOf(id)];
    expect(new Set(places).size).toBe(places.length);
    expect(ownedBy(id, keys).filter((keyId) => !places.includes(keyId))).toEqual([]);
    return places.filter((keyId) => !keys.has(keyId));
  }

  /** Waits until each person has a slot for a key that cannot be created. */
  async function betweenPlaceAndKey(): Promise<void> {
    gate.swallow('api_keys');
    await pause(UNDER_WAY_MS);
    for (const { id } of people)
      await until('a slot is taken', async () => (await emptyPlacesOf(id)).length > 0);
  }

  it('keeps every acknowledged key and rotation as requested, and stores no partial ones', async () => {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const [before, refusedBefore] = [ledger.acknowledged, ledger.refused];
      over = new AbortController();
      load = new SteadyLoad(instance, tenants.questions, root);
      const writing = startWriting(over.signal);
      await until('writes are acknowledged', () => ledger.acknowledged >= before + 20);
      if (round === ROUNDS) await betweenPlaceAndKey();
      else await pause(300 * Math.random());
      const killedAt = performance.now();
      await instance.kill();
      over.abort();
      gate.open();
      await Promise.all([writing, load.stop()]);
      expect(load.wrong).toEqual([]);
      const crashed = load;

      instance = await startDrillInstance(environment);
      load = new SteadyLoad(instance, tenants.questions, root);
      const restartedMs = await load.firstAdmissionSince(killedAt, RECOVERED_WITHIN_MS + startMs);
      await load.allRightSince(killedAt, RECOVERED_WITHIN_MS);
      await load.stop();
      expect(load.wrong).toEqual([]);

      const faults = await ledger.faults(instance, root, await stored.keys());
      reportDrill({
        drill: `kill -9, round ${round}`,
        outageMs: restartedMs,
        requests: crashed.answers.length + load.answers.length,
        wrongAdmissions: crashed.wrongAdmissions + load.wrongAdmissions,
        refused: Object.fromEntries(crashed.refusals),
        slowestRefusalMs: 0,
        acknowledgedWrites: ledger.acknowledged - before,
        unacknowledgedWrites: ledger.refused - refusedBefore,
        lostWrites: faults.length,
        recoveryMs: restartedMs,
      });
      expect(faults).toEqual([]);
    }
    // Otherwise no kill interrupted a write, and the test would prove nothing.
    expect(ledger.outcomes.get('no answer')).toBeGreaterThan(0);
    expect([...ledger.outcomes.keys()].filter((outcome) => !EXPECTED.has(outcome))).toEqual([]);
  }, 600_000);

  it('lets a caller rotate a key again if the rotation got no answer', async () => {
    const inDoubt = ledger.keys.filter((key) => key.inDoubt !== undefined);
    for (const { id } of inDoubt) {
      const answer = await instance
        .as(root)
        .post(`/v1/api-keys/${id}/rotate`, { gracePeriodSeconds: GRACE_SECONDS });
      expect(answer.status).toBe(200);
      const self = await instance.as(String(answer.body['token'])).get('/v1/api-keys/self');
      expect([self.status, self.body['id']]).toEqual([200, id]);
    }
  });

  it('has a slot for each key that a user owns, and releases the slots of keys that were never stored', async () => {
    for (const { id } of people) {
      const empty = await emptyPlacesOf(id);
      expect(empty.length).toBeGreaterThan(0);
      expect(empty.length).toBeLessThanOrEqual(ledger.unacknowledgedOf(id));
    }

    const later = await startDrillInstance(environment, LATER_MS);
    for (const { id, session } of people) {
      for (let outcome = ''; !outcome.startsWith('409');) {
        const answer = await later.as(session).post('/v1/api-keys', { name: 'one more', scopes: [] });
        outcome = answer.status === 201 ? '' : `${answer.status} ${String(answer.body['code'])}`;
        if (outcome !== '') expect(outcome).toBe('409 key_limit_reached');
      }
      expect(ownedBy(id, await stored.keys())).toHaveLength(MAX_KEYS);
    }
    await later.stop();
  });

  it('reports each change in the audit trail, even if the instance was killed right after it [T80]', async () => {
    await eventually(untold, (missing) => missing.length === 0);
  });
});

function ownedBy(ownerId: string, keys: ReadonlyMap<string, StoredKey>): readonly string[] {
  return [...keys.values()].filter((key) => key.ownerId === ownerId).map(({ _id }) => _id);
}
