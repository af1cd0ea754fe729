import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type DrillInstance, startDrillInstance } from '../support/drills/drill-instance';
import { reportDrill } from '../support/drills/drill-report';
import {
  decisionOf,
  forwardAuthPath,
  furnishTwoTenants,
  type TwoTenants,
  VALID,
} from '../support/drills/question';
import { shortcomingsOf, StoredKeys } from '../support/drills/stored-keys';
import type { JsonObject } from '../support/http-client';
import { makeRootKey } from '../support/integration/keyward';
import { KeepAliveClient, type Seen } from '../support/keep-alive-client';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';

/** Time for every client to send one more request and learn that its connection ends. Longer on a slow machine. */
const SHUTDOWN_DELAY_MS = 1500;
const SHUTDOWN_TIMEOUT_MS = 25_000;
const LOAD_MS = 1000;
const CLIENTS_A_QUESTION = 2;
const WRITERS = 4;
/** Counts are stored only at the end. */
const NEVER_MS = '3600000';

describe('a service that gets SIGTERM under load while another instance runs', () => {
  let mongo: MongoServer;
  let leaving: DrillInstance;
  let staying: DrillInstance;
  let stored: StoredKeys;
  let root: string;
  let tenants: TwoTenants;
  let timeoutMs: number;
  const over = new AbortController();
  const broken: string[] = [];

  beforeAll(async () => {
    mongo = await startMongoServer({ own: true });
    const uri = withDatabase(mongo.uri, `drill_${randomUUID()}`);
    const from = performance.now();
    root = await makeRootKey(uri);
    const delayMs = Math.max(SHUTDOWN_DELAY_MS, Math.round(performance.now() - from));
    timeoutMs = SHUTDOWN_TIMEOUT_MS + delayMs;
    stored = new StoredKeys(uri);
    const environment = {
      MONGODB_URI: uri,
      USAGE_FLUSH_MS: NEVER_MS,
      KEEP_ALIVE_TIMEOUT_MS: '60000',
      SHUTDOWN_DELAY_MS: String(delayMs),
      SHUTDOWN_TIMEOUT_MS: String(timeoutMs),
    };
    [leaving, staying] = await Promise.all([
      startDrillInstance(environment),
      startDrillInstance(environment),
    ]);
    tenants = await furnishTwoTenants(staying.as(root));
  });

  afterAll(async () => {
    over.abort();
    await Promise.all([leaving.stop(), staying.stop()]);
    await stored.close();
    await mongo.stop();
  });

  /** Sends requests over one connection, and switches to the other instance when the first closes it. */
  async function askUntilOver(
    token: string,
    send: (client: KeepAliveClient) => Promise<Seen>,
    take: (seen: Seen, instance: DrillInstance) => void,
  ): Promise<void> {
    let instance = leaving;
    let client = new KeepAliveClient(instance.url, token);
    while (!over.signal.aborted) {
      let isParting = true;
      try {
        const seen = await send(client);
        take(seen, instance);
        isParting = seen.lastOfConnection;
      } catch (error) {
        broken.push(String(error));
      }
      if (isParting) {
        client.close();
        instance = staying;
        client = new KeepAliveClient(instance.url, token);
      }
      await pause(10 * Math.random());
    }
    client.close();
  }

  it('answers every accepted request, loses no write or usage count, and exits with 0', async () => {
    const wrong: string[] = [];
    const written: { readonly body: JsonObject; readonly by: DrillInstance }[] = [];
    const uses = new Map<string, number>();
    let requests = 0;
    let wrongAdmissions = 0;
    let takenOverAt = Infinity;

    const asking = Promise.all([
      ...tenants.questions.flatMap(({ what, token, scope, orgId, allowed }) =>
        Array.from({ length: CLIENTS_A_QUESTION }, async () =>
          askUntilOver(
            token,
            async (client) => client.get(forwardAuthPath(scope, orgId)),
            ({ status, body }, instance) => {
              requests += 1;
              const decision = decisionOf({
                status,
                body: body === '' ? {} : (JSON.parse(body) as JsonObject),
              });
              if (!allowed(0, 0).includes(decision)) {
                wrong.push(`${what}: ${decision}`);
                if (decision === VALID) wrongAdmissions += 1;
              }
              if (instance === staying) takenOverAt = Math.min(takenOverAt, performance.now());
              else if (decision === VALID) uses.set(token, (uses.get(token) ?? 0) + 1);
            },
          ),
        ),
      ),
      ...Array.from({ length: WRITERS }, async (_none, writer) =>
        askUntilOver(
          root,
          async (client) =>
            client.post('/v1/api-keys', {
              name: 'drill',
              scopes: ['memory:read'],
              orgId: writer % 2 === 0 ? 'acme' : 'globex',
            }),
          ({ status, body }, by) => {
            requests += 1;
            if (status === 201) written.push({ body: JSON.parse(body) as JsonObject, by });
            else wrong.push(`a create: ${status} ${body}`);
          },
        ),
      ),
    ]);
    await pause(LOAD_MS);
    const toldAt = performance.now();
    leaving.process.child.kill('SIGTERM');
    const code = await leaving.process.exited();
    const endedMs = performance.now() - toldAt;
    await pause(LOAD_MS / 2);
    over.abort();
    await asking;

    const keys = await stored.keys();
    const lost = written.filter(({ body }) => !keys.has(String(body['id'])));
    reportDrill({
      drill: 'SIGTERM under load',
      outageMs: endedMs,
      requests,
      wrongAdmissions,
      refused: {},
      slowestRefusalMs: 0,
      acknowledgedWrites: written.length,
      unacknowledgedWrites: broken.length,
      lostWrites: lost.length,
      recoveryMs: takenOverAt - toldAt,
    });
    expect(code).toBe(0);
    expect(endedMs).toBeLessThan(timeoutMs);
    expect(broken).toEqual([]);
    expect(wrong).toEqual([]);
    expect(lost).toEqual([]);
    expect(written.filter(({ by }) => by === leaving).length).toBeGreaterThan(0);
    expect(takenOverAt).toBeLessThan(Infinity);
    expect([...keys.values()].flatMap(shortcomingsOf)).toEqual([]);
    for (const { body } of written) {
      const asked = { token: body['token'], scopes: ['memory:read'], orgId: body['orgId'] };
      const answer = await staying.as(root).post('/v1/api-keys/verify', asked);
      expect(answer.body['code']).toBe(VALID);
    }
    for (const { id, token } of tenants.keys) {
      const { body } = await staying.as(root).get(`/v1/api-keys/${id}/usage`);
      const hours = body['data'] as readonly { readonly count: number }[];
      expect(hours.reduce((sum, { count }) => sum + count, 0)).toBe(uses.get(token));
    }
  });
});
