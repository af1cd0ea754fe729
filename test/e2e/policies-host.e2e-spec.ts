import { Injectable } from '@nestjs/common';
import { EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import {
  callerOf,
  DelegationExceededError,
  EventsService,
  type KeyEvents,
  POLICIES,
  type Policies,
  PoliciesModule,
  PoliciesService,
  type PolicyEvent,
  type PolicyId,
  rootCaller,
} from 'keyward';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';
import { startWebhookReceiver, type WebhookReceiver, webhookSecret } from '../support/webhook-receiver';

const operator = rootCaller('system');

@Injectable()
class Ledger {
  readonly seen: PolicyEvent[] = [];

  @OnEvent('policy.changed')
  @OnEvent('policy.resumed')
  note(event: PolicyEvent): void {
    this.seen.push(event);
  }

  @OnEvent('policy.suspended')
  noteSuspension(event: KeyEvents['policy.suspended']): void {
    this.seen.push(event);
  }
}

describe.each(ADAPTERS)('a host application on %s with policies', (adapter) => {
  let host: MemoriesHost;
  let receiver: WebhookReceiver;
  let policies: PoliciesService;

  beforeAll(async () => {
    const secret = webhookSecret();
    receiver = await startWebhookReceiver(secret);
    host = await startMemoriesHost(
      adapter,
      { events: { webhook: { url: receiver.url, secrets: [secret], allowPrivateAddresses: true } } },
      {
        imports: [EventEmitterModule.forRoot(), PoliciesModule.forRoot({ storage: 'memory' })],
        providers: [Ledger],
      },
    );
    // Receivers reject messages with a timestamp too far from the current time.
    host.clock.set(new Date());
    policies = host.app.get(PoliciesService);
  });
  afterAll(async () => {
    await host.close();
    await receiver.stop();
  });

  it('tells listeners, webhooks and the audit trail of each change once, without values', async () => {
    await policies.put(operator, 'org:acme', { status: 'suspended', reason: 'unpaid invoice' });
    await policies.patch(operator, 'org:acme', { status: 'active', allowedScopes: ['memory:*'] });
    await policies.remove(operator, 'org:acme');
    await policies.remove(operator, 'org:acme');
    const expected = [
      ['policy.suspended', 1],
      ['policy.resumed', 2],
      ['policy.changed', 3],
    ];
    const told = host.app.get(Ledger).seen;
    expect(told.map(({ type, version }) => [type, version])).toEqual(expected);

    const last = told.at(-1)?.id;
    await receiver.waitFor(({ id }) => id === last);
    const received = receiver.received.filter(({ data }) => data['policyId'] === 'org:acme');
    expect(received.map(({ type, data }) => [type, data['version']])).toEqual(expected);
    expect(received[0]?.data).toMatchObject({ keyId: null, orgId: 'acme', actor: 'system' });
    expect(receiver.refused).toEqual([]);

    const { data } = await host.app.get(EventsService).list(operator, { orgId: 'acme', limit: 10 });
    expect(data.map(({ id }) => id)).toEqual(told.map(({ id }) => id).toReversed());
    expect(JSON.stringify([told, received, data])).not.toMatch(/unpaid|memory/);
  });

  it('looks policies up by the port, and serves their routes', async () => {
    const port = host.app.get<Policies>(POLICIES);
    await policies.put(operator, 'owner:u-1', { status: 'suspended' });
    await expect(port.find('owner:u-1')).resolves.toMatchObject({ exists: true, suspended: true });
    await expect(port.find('owner:u-2')).resolves.toMatchObject({ exists: false, suspended: false });
    const { token } = await host.issue({ scopes: ['keyward:policies:read'] });
    const { status, body } = await host.as(token).get('/v1/policies/owners/u-1');
    expect([status, body['id'], body['status']]).toEqual([200, 'owner:u-1', 'suspended']);
  });

  it('gets the same rules in its own code as over HTTP', async () => {
    const { key } = await host.issue({ scopes: ['keyward:policies:write'] });
    const writer = callerOf(key);
    await policies.put(writer, 'org:globex', { status: 'suspended', maxKeys: 5 });
    await expect(policies.patch(writer, 'org:globex', { status: 'active' })).rejects.toThrow(
      DelegationExceededError,
    );
    await expect(policies.get(callerOf({ ...key, orgId: 'acme' }), 'org:globex')).rejects.toMatchObject({
      code: 'not_found',
    });
    const put = async (id: string, rules: object): Promise<unknown> =>
      policies.put(operator, id as PolicyId, rules as never);
    await expect(put('org:a b', { status: 'active' })).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(put('project:a', { status: 'active' })).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(put('org:initech', {})).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(put('org:initech', { status: 'active', maxkeys: 5 })).rejects.toMatchObject({
      code: 'validation_failed',
    });
    await expect(policies.get(operator, 'org:initech')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('the options of policies', () => {
  it.each([
    ['no storage', {}, 'storage'],
    ['an unknown storage', { storage: 'redis' }, 'storage'],
    ['an unknown option', { storage: 'memory', freshnes: {} }, 'freshnes'],
    ['freshness as text', { storage: 'memory', freshness: 'auto' }, 'freshness'],
  ])('are rejected with %s', (_what, options, name) => {
    expect(() => PoliciesModule.forRoot(options as never)).toThrow(name);
  });

  it('leave out the routes with routes: false', async () => {
    const host = await startMemoriesHost(
      'fastify',
      {},
      { imports: [PoliciesModule.forRoot({ storage: 'memory', routes: false })] },
    );
    const { token } = await host.issue({ scopes: ['*'] });
    expect((await host.as(token).get('/v1/policies/default')).status).toBe(404);
    await host.close();
  });

  it('do not allow memory storage in production', async () => {
    const before = process.env['NODE_ENV'];
    const imports = [PoliciesModule.forRoot({ storage: 'memory' })];
    try {
      process.env['NODE_ENV'] = 'production';
      await expect(startMemoriesHost('fastify', {}, { imports })).rejects.toThrow('NODE_ENV');
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });
});
