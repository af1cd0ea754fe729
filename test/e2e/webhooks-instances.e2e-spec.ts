import { EventEmitter2 } from '@nestjs/event-emitter';
import { EVENT_REPOSITORY, type EventRepository, KEY_EVENT_TYPES, type KeyEvent } from 'keyward';
import { startService, type TestService } from '../support/service';
import { storeOf } from '../support/stored-key';
import { testDatabaseUri } from '../support/test-database';
import { startWebhookReceiver, type WebhookReceiver, webhookSecret } from '../support/webhook-receiver';
import { anEvent } from '../support/event-fixtures';
import { until } from '../support/patience';

const DAY = 86_400_000;
const ROUNDS = 10;

function eventsOf(service: TestService): EventRepository {
  return service.app.get<EventRepository>(EVENT_REPOSITORY);
}

describe('two instances with one database', () => {
  const secret = webhookSecret();
  let receiver: WebhookReceiver;
  let one: TestService;
  let other: TestService;
  let told: readonly KeyEvent[][];
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    receiver = await startWebhookReceiver(secret);
    environment = {
      MONGODB_URI: testDatabaseUri('instances'),
      WEBHOOK_URL: receiver.url,
      WEBHOOK_SECRETS: secret,
      WEBHOOK_ALLOW_PRIVATE: 'true',
      EVENT_RETENTION_DAYS: '30',
    };
    one = await startService('mongo', environment);
    await eventsOf(one).add(anEvent({ at: new Date(Date.now() - 29 * DAY), version: 29 }));
    await eventsOf(one).add(anEvent({ at: new Date(Date.now() - 31 * DAY), version: 31 }));
    other = await startService('mongo', environment);
    told = [one, other].map((service) => {
      const events: KeyEvent[] = [];
      const emitter = service.app.get(EventEmitter2);
      for (const type of KEY_EVENT_TYPES) emitter.on(type, (event: KeyEvent) => events.push(event));
      return events;
    });
  });
  afterAll(async () => {
    await one.stop();
    await other.stop();
    await receiver.stop();
  });

  it('deliver each event once, whichever instance made the change', async () => {
    const keys = await Promise.all(
      Array.from({ length: ROUNDS }, async (_, n) =>
        (n % 2 === 0 ? one : other).issue({ orgId: n % 3 === 0 ? 'acme' : 'globex' }),
      ),
    );
    await Promise.all(
      keys.map(async ({ key }, n) => {
        const maker = n % 2 === 0 ? other : one;
        await maker.as(maker.root.token).patch(`/v1/api-keys/${key.id}`, { name: 'renamed' });
      }),
    );
    const expected = keys.flatMap(({ key }) => [`${key.id}-1`, `${key.id}-2`]);
    for (const id of expected) await receiver.waitFor((message) => message.id === id);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const ids = receiver.received.map(({ id }) => id).filter((id) => expected.includes(id));
    expect(ids.toSorted()).toEqual(expected.toSorted());
    expect(receiver.refused).toEqual([]);
    expect(told.map((events) => events.length)).toEqual([ROUNDS, ROUNDS]);
    expect(new Set(told.flat().map(({ id }) => id))).toEqual(new Set(expected));
  });

  it('remove delivered events from the key documents', async () => {
    await until('no event waits', async () => (await storeOf(other).outbox?.pending(10))?.length === 0);
    await expect(storeOf(one).outbox?.oldestPending()).resolves.toBeUndefined();
  });

  it('continue after the active instance stops, and delete expired events', async () => {
    await one.stop();
    const { key } = await other.issue({ orgId: 'acme' });
    await receiver.waitFor((message) => message.id === `${key.id}-1`);
    await until('old events are removed', async () => {
      const kept = await eventsOf(other).list({ limit: 1000 });
      const versions = new Set(kept.map(({ version }) => version));
      return versions.has(29) && !versions.has(31);
    });
  });

  it('report once that a key expired while no instance was running', async () => {
    const { key } = await other.issue({ orgId: 'globex', expiresAt: new Date(Date.now() + 2000) });
    await receiver.waitFor((message) => message.id === `${key.id}-1`);
    await other.stop();
    await until('the key has expired', () => Date.now() > (key.expiresAt?.getTime() ?? Infinity));
    other = await startService('mongo', environment);
    one = await startService('mongo', environment);
    const isIt = ({ type, data }: (typeof receiver.received)[number]): boolean =>
      type === 'api-key.expired' && data['keyId'] === key.id;
    const message = await receiver.waitFor(isIt);
    expect(message.data).toMatchObject({ orgId: 'globex', actor: 'system', version: 1 });
    expect(message.timestamp).toBe(key.expiresAt?.toISOString());
    await until(
      'the notice is removed',
      async () => (await eventsOf(other).dueOf(key.id, new Date('2100-01-01'), 1)).length === 0,
    );
    expect(receiver.received.filter(isIt)).toHaveLength(1);
  });
});
