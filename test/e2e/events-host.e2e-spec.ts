import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import {
  ApiKeysService,
  EVENT_REPOSITORY,
  type EventRepository,
  EventsService,
  type KeyEvent,
  type KeyEvents,
  KeyImportService,
  rootCaller,
} from 'keyward';
import { MemoryApiKeyRepository } from '../../src/api-keys/storage/memory-api-key.repository';
import { StorageConfig } from '../../src/config/storage.config';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';
import { startWebhookReceiver, type WebhookReceiver, webhookSecret } from '../support/webhook-receiver';
import { until } from '../support/patience';

const DAY = 86_400_000;
const operator = rootCaller('system');

@Injectable()
class Ledger {
  readonly seen: KeyEvent[] = [];

  @OnEvent('api-key.created')
  @OnEvent('api-key.updated')
  @OnEvent('api-key.rotated')
  @OnEvent('api-key.expiring')
  @OnEvent('api-key.expired')
  @OnEvent('api-key.reuse_detected')
  note(event: KeyEvent): void {
    this.seen.push(event);
  }

  @OnEvent('api-key.revoked')
  noteRevoked(event: KeyEvents['api-key.revoked']): void {
    this.seen.push(event);
  }

  of(keyId: string): readonly (readonly [string, number, string | undefined])[] {
    return this.seen
      .filter((event) => event.keyId === keyId)
      .map(({ type, version, orgId }) => [type, version, orgId]);
  }
}

function ownStore(): MemoryApiKeyRepository {
  return new MemoryApiKeyRepository(new StorageConfig().permitVolatile('the store of this test'));
}

function fail(): never {
  throw new Error('the listener is broken');
}

describe.each(ADAPTERS)('a host application on %s that listens for events', (adapter) => {
  let host: MemoriesHost;
  let receiver: WebhookReceiver;
  let ledger: Ledger;
  let keys: ApiKeysService;

  beforeAll(async () => {
    const secret = webhookSecret();
    receiver = await startWebhookReceiver(secret);
    host = await startMemoriesHost(
      adapter,
      { events: { webhook: { url: receiver.url, secrets: [secret], allowPrivateAddresses: true } } },
      { imports: [EventEmitterModule.forRoot()], providers: [Ledger] },
    );
    // Receivers reject messages with a timestamp too far from the current time.
    host.clock.set(new Date());
    ledger = host.app.get(Ledger);
    keys = host.app.get(ApiKeysService);
  });
  afterAll(async () => {
    await host.close();
    await receiver.stop();
  });

  it('gets one event for each change, with the tenant of the key', async () => {
    for (const orgId of ['acme', 'globex']) {
      const { key, token } = await host.issue({ orgId });
      expect(ledger.of(key.id)).toEqual([['api-key.created', 1, orgId]]);
      await keys.update(operator, key.id, { name: 'renamed' });
      await keys.update(operator, key.id, { name: 'renamed' });
      await keys.rotate(operator, key.id);
      await host.as(token).get('/whoami');
      await host.as(token).get('/whoami');
      await keys.revoke(operator, key.id);
      await keys.revoke(operator, key.id);
      expect(ledger.of(key.id)).toEqual(
        ['created', 'updated', 'rotated', 'reuse_detected', 'revoked'].map((what, index) => [
          `api-key.${what}`,
          index + 1,
          orgId,
        ]),
      );
      expect(JSON.stringify(ledger.seen)).not.toContain(token.slice(-49));
    }
  });

  it('gets no event for a rejected change', async () => {
    const { key } = await host.issue({});
    await expect(keys.update(operator, key.id, { name: 'n' }, { ifVersion: [9] })).rejects.toThrow();
    await expect(keys.create(operator, { name: 'n', scopes: [], expiresAt: new Date(0) })).rejects.toThrow();
    expect(ledger.of(key.id)).toHaveLength(1);
  });

  it('can change a key even if its listener throws', async () => {
    const emitter = host.app.get(EventEmitter2);
    emitter.on('api-key.created', fail);
    await expect(host.issue({})).resolves.toHaveProperty('token');
    emitter.off('api-key.created', fail);
  });

  it('gets the same events in its audit trail and at its webhook, with valid signatures', async () => {
    const { key } = await host.issue({ orgId: 'acme' });
    await keys.revoke(operator, key.id);
    await receiver.waitFor(({ id }) => id === `${key.id}-2`);
    const { data } = await host.app.get(EventsService).list(operator, { keyId: key.id, limit: 10 });
    expect(data.map(({ id }) => id)).toEqual([`${key.id}-2`, `${key.id}-1`]);
    expect(
      receiver.received.filter(({ data: { keyId } }) => keyId === key.id).map(({ type }) => type),
    ).toEqual(['api-key.created', 'api-key.revoked']);
    expect(receiver.refused).toEqual([]);
  });

  it('gets one expiry notice immediately after it imports a key that expires soon', async () => {
    const expiresAt = new Date(host.clock.now().getTime() + DAY / 2).toISOString();
    const record = {
      hash: randomBytes(32).toString('hex'),
      name: 'old',
      scopes: [],
      orgId: 'globex',
      createdAt: '2020-01-01T00:00:00Z',
      expiresAt,
    };
    const { id = '' } = await host.app.get(KeyImportService).import(operator, record, 1);
    await until('two events have arrived', () => ledger.of(id).length === 2);
    await keys.update(operator, id, { enabled: false });
    await keys.update(operator, id, { enabled: true });
    const message = await receiver.waitFor(
      ({ type, data }) => type === 'api-key.expiring' && data['keyId'] === id,
    );
    expect(message.data['expiresAt']).toBe(expiresAt);
    await receiver.waitFor((each) => each.id === `${id}-3`);
    expect(ledger.of(id).map(([type]) => type)).toEqual([
      'api-key.created',
      'api-key.expiring',
      'api-key.updated',
      'api-key.updated',
    ]);
    expect(JSON.stringify(receiver.received)).not.toContain(record.hash);
  });

  it('returns over HTTP only the events of globex to a key bound to globex', async () => {
    const { token } = await host.issue({ scopes: ['events:read'], orgId: 'globex' });
    const { status, body } = await host.as(token).get('/v1/events?limit=1000');
    expect(status).toBe(200);
    const tenants = (body['data'] as readonly { orgId: string }[]).map(({ orgId }) => orgId);
    expect(new Set(tenants)).toEqual(new Set(['globex']));
  });
});

describe('a host application', () => {
  it('has an audit trail even without an event emitter', async () => {
    const host = await startMemoriesHost('fastify');
    const { key } = await host.issue({});
    const events = host.app.get(EventsService);
    await until(
      'the event is listed',
      async () => (await events.list(operator, { keyId: key.id, limit: 1 })).data.length === 1,
    );
    await host.close();
  });

  it('has an audit trail with its own key store only if it configures an event store', async () => {
    const without = await startMemoriesHost('fastify', { storage: ownStore() });
    const { token } = await without.issue({ scopes: ['events:read'] });
    const answer = await without.as(token).get('/v1/events');
    expect([answer.status, answer.body['detail']]).toEqual([404, 'This application stores no events.']);
    expect(without.app.get<EventRepository | null>(EVENT_REPOSITORY)).toBeNull();
    await without.close();

    const kept = await startMemoriesHost('fastify', { storage: ownStore(), events: { storage: 'memory' } });
    const { key } = await kept.issue({});
    const events = kept.app.get(EventsService);
    await until(
      'the event is listed',
      async () => (await events.list(operator, { keyId: key.id, limit: 1 })).data.length === 1,
    );
    await kept.close();
  });
});
