import { type Connection, createConnection, type mongo } from 'mongoose';
import { HttpClient, type JsonObject } from '../support/http-client';
import { timed } from '../support/lateness';
import { eventually, eventuallyIs } from '../support/patience';
import { type NodeProcess, runBuiltService, runNode } from '../support/node-process';
import { testDatabaseUri } from '../support/test-database';
import { startWebhookReceiver, type WebhookReceiver, webhookSecret } from '../support/webhook-receiver';

type Service = NodeProcess & { readonly url: string };

interface StoredKey {
  readonly _id: string;
  readonly pending?: readonly JsonObject[];
}

/** Runs the built service as in production, with a database that outlives it. */
describe('a service with webhooks', () => {
  const MONGODB_URI = testDatabaseUri('webhooks');
  const secret = webhookSecret();
  let receiver: WebhookReceiver;
  let environment: Readonly<Record<string, string>>;
  let service: Service;
  let rootToken: string;
  let database: Connection;

  beforeAll(async () => {
    receiver = await startWebhookReceiver(secret);
    environment = {
      NODE_ENV: 'production',
      MONGODB_URI,
      WEBHOOK_URL: receiver.url,
      WEBHOOK_SECRETS: secret,
      WEBHOOK_ALLOW_PRIVATE: 'true',
    };
    const cli = runNode(['dist/cli.js', 'create-root-key'], environment);
    await cli.exited();
    rootToken = cli.stdout().trim();
    database = await createConnection(MONGODB_URI).asPromise();
    service = await runBuiltService(environment);
  });
  afterAll(async () => {
    await service.stop();
    await database.close();
    await receiver.stop();
  });

  const root = (): HttpClient => new HttpClient(service.url, rootToken);
  const leases = (): ReturnType<Connection['collection']> => database.collection('leases');
  const kill = async (): Promise<void> => {
    service.child.kill('SIGKILL');
    await service.exited();
  };
  const make = async (orgId: string): Promise<string> =>
    String((await root().post('/v1/api-keys', { name: 'made', scopes: [], orgId })).body['id']);
  const keys = (): mongo.Collection<StoredKey> => database.getClient().db().collection<StoredKey>('api_keys');
  const waiting = async (): Promise<number> =>
    (await keys().countDocuments({ pending: { $exists: true } })) +
    (await database.collection('events').countDocuments({ deliverAt: { $exists: true } }));
  const beat = async (): Promise<unknown> =>
    leases().updateOne({}, { $set: { holder: 'another instance' }, $inc: { beat: 1 } });
  /** Lets another, idle instance hold the lease until the returned function is called. */
  const holdUp = async (): Promise<() => void> => {
    await beat();
    const beating = setInterval(() => void beat(), 1000);
    for (let waits = false; !waits;) {
      const id = await make('acme');
      await new Promise((resolve) => setTimeout(resolve, 1500));
      waits = (await keys().findOne({ _id: id }))?.pending !== undefined;
    }
    return () => clearInterval(beating);
  };

  it('delivers all events of operators and tenants with valid signatures', async () => {
    const ids = [await make('acme'), await make('globex')];
    for (const id of ids) {
      await root().patch(`/v1/api-keys/${id}`, { name: 'renamed' });
      const { body } = await root().post(`/v1/api-keys/${id}/rotate`, {});
      await root().post(`/v1/api-keys/${id}/rotate`, {});
      await new HttpClient(service.url, String(body['token'])).get('/v1/api-keys/self');
      await root().delete(`/v1/api-keys/${id}`);
    }
    for (const id of ids) await receiver.waitFor((message) => message.id === `${id}-6`);
    for (const [index, id] of ids.entries()) {
      const messages = receiver.received.filter(({ data }) => data['keyId'] === id);
      expect(messages.map(({ type, data }) => [type, data['version'], data['orgId']])).toEqual(
        ['created', 'updated', 'rotated', 'rotated', 'reuse_detected', 'revoked'].map((what, version) => [
          `api-key.${what}`,
          version + 1,
          ['acme', 'globex'][index],
        ]),
      );
      expect(messages.map((message) => message.id)).toEqual(messages.map(({ data }) => data['id']));
    }
    expect(receiver.refused).toEqual([]);
    expect(JSON.stringify(receiver.received)).not.toContain(rootToken.slice(-49));
  });

  it('delivers an event after a restart if kill -9 happens between change and delivery [T80]', async () => {
    const letGo = await holdUp();
    const acknowledged: string[] = [];
    const underWay = Array.from({ length: 30 }, async (_, n) => {
      const { body } = await root().post('/v1/api-keys', {
        name: 'made',
        scopes: [],
        orgId: n % 2 === 0 ? 'acme' : 'globex',
      });
      acknowledged.push(String(body['id']));
      if (acknowledged.length === 15) service.child.kill('SIGKILL');
    });
    await Promise.allSettled(underWay);
    await kill();
    letGo();

    expect(acknowledged.length).toBeGreaterThanOrEqual(15);
    const kept = await keys()
      .find({ _id: { $in: acknowledged } })
      .toArray();
    expect(kept.map(({ pending }) => pending?.length)).toEqual(acknowledged.map(() => 1));
    const isOfThem = ({ data }: { readonly data: JsonObject }): boolean =>
      acknowledged.includes(String(data['keyId']));
    expect(receiver.received.filter(isOfThem)).toEqual([]);

    await leases().deleteMany({});
    service = await runBuiltService(environment);
    for (const id of acknowledged) await receiver.waitFor((message) => message.id === `${id}-1`);
    expect(receiver.received.filter(isOfThem)).toHaveLength(acknowledged.length);
    expect(receiver.refused).toEqual([]);
    // Keys that were stored but not acknowledged have events too. Later receivers must not get them.
    await eventuallyIs(waiting, 0);
  });

  it('delivers an event again with the same id after kill -9 during a delivery', async () => {
    receiver.answerWith(() => undefined);
    const id = await make('acme');
    const first = await receiver.waitFor(({ data }) => data['keyId'] === id);
    await kill();
    receiver.answerWith(undefined);

    // The lease was not released. The next instance waits until it has been silent for long enough.
    service = await runBuiltService(environment);
    const isAgain = (message: typeof first): boolean => message !== first && message.id === first.id;
    const again = await receiver.waitFor(isAgain);
    expect(again).toEqual(first);
    const { body } = await root().get(`/v1/events?keyId=${id}`);
    expect(body['data']).toMatchObject([{ id: first.id }]);
    expect(receiver.refused).toEqual([]);
  });

  it('releases its lease on SIGTERM, and the next instance continues at once', async () => {
    await service.stop();
    expect(await leases().findOne({})).toMatchObject({ holder: '' });
    service = await runBuiltService(environment);
    const { ms } = await timed(async () => {
      const id = await make('globex');
      await receiver.waitFor(({ data }) => data['keyId'] === id);
    });
    // Without the release, an instance takes over a lease after 10 s.
    expect(ms).toBeLessThan(8000);
  });

  it('signs with both the previous and the new secret [T79]', async () => {
    const next = webhookSecret();
    const newReceiver = await startWebhookReceiver(next);
    for (const [url, taker] of [
      [receiver.url, receiver],
      [newReceiver.url, newReceiver],
    ] as const) {
      await service.stop();
      service = await runBuiltService({
        ...environment,
        WEBHOOK_URL: url,
        WEBHOOK_SECRETS: `${next},${secret}`,
      });
      const id = await make('acme');
      await taker.waitFor(({ data }) => data['keyId'] === id);
      expect(taker.refused).toEqual([]);
    }
    await newReceiver.stop();
  });

  it('sends nothing to private addresses unless allowed, and does not follow redirects [T78]', async () => {
    await service.stop();
    const { WEBHOOK_ALLOW_PRIVATE: _allowed, ...guarded } = environment;
    const port = new URL(receiver.url).port;
    service = await runBuiltService({ ...guarded, WEBHOOK_URL: `https://localhost:${port}/hooks` });
    const before = receiver.received.length;
    const id = await make('acme');
    const failures = /^keyward_webhook_deliveries_total\{outcome="failed"\} [1-9]/m;
    const { text } = await eventually(
      async () => root().get('/metrics'),
      (answer) => failures.test(answer.text),
    );
    expect(text).toMatch(/^keyward_event_outbox_oldest_seconds [\d.]+$/m);
    expect(text).toMatch(/^keyward_webhook_queue_oldest_seconds [\d.]+$/m);
    expect(text).not.toContain(id);
    expect(receiver.received).toHaveLength(before);

    await service.stop();
    const target = await startWebhookReceiver(secret);
    receiver.answerWith((_request, response) => response.writeHead(307, { Location: target.url }).end());
    service = await runBuiltService(environment);
    await receiver.waitFor(({ data }) => data['keyId'] === id);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([target.received, target.refused]).toEqual([[], []]);
    expect((await root().get(`/v1/events?keyId=${id}`)).body['data']).toMatchObject([
      { delivery: 'pending' },
    ]);
    receiver.answerWith(undefined);
    await target.stop();
  });
});
