import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { register } from 'prom-client';
import { StorageConfig } from '../../config/storage.config';
import type { KeyEvent } from '../../api-keys/domain/key-event';
import { MemoryEventRepository } from '../storage/memory-event.repository';
import { RETRY_DELAYS_SECONDS, TRIES_IN_ORDER } from './retry-schedule';
import { type WebhookAnswer, WebhookClient } from './webhook-client';
import { WebhookDelivery } from './webhook-delivery';
import type { WebhookMessage } from './webhook-message';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const KEYS = ['01jd8x4k2m6n8p0q2r4s6t8v0a', '01jd8x4k2m6n8p0q2r4s6t8v0g'] as const;
const [ACME, GLOBEX] = KEYS;
const START = Date.parse('2030-01-02T00:00:00Z');

/** A receiver with configurable answers that records the ids it receives. */
class Receiver extends WebhookClient {
  readonly came: string[] = [];
  answer: (id: string) => WebhookAnswer = () => ({ status: 204 });

  constructor() {
    super({ url: 'https://hooks.acme.example/' });
  }

  override async send({ headers }: WebhookMessage): Promise<WebhookAnswer> {
    const id = headers['webhook-id'] ?? '';
    this.came.push(id);
    return this.answer(id);
  }
}

let time: number;
let events: MemoryEventRepository;
let receiver: Receiver;
let delivery: WebhookDelivery;
let logged: Readonly<Record<'debug' | 'warn' | 'error', jest.SpyInstance>>;

const newDelivery = (): WebhookDelivery =>
  new WebhookDelivery(events, receiver, [SECRET], { now: () => new Date(time) }, () => 0.5);
const deliver = async (mayGoOn = (): boolean => true): Promise<void> =>
  delivery.deliver(mayGoOn, new AbortController().signal);
const pass = async (seconds: number): Promise<void> => {
  time += seconds * 1000;
  await deliver();
};
const happen = async (keyId: string, version: number, orgId = 'acme'): Promise<string> => {
  const event: KeyEvent = {
    id: `${keyId}-${version}`,
    type: 'api-key.updated',
    at: new Date(time + version),
    keyId,
    orgId,
    actor: 'cli',
    version,
    fields: [],
  };
  await events.add(event, new Date(time));
  return event.id;
};
const stateOf = async (id: string): Promise<string | undefined> =>
  (await events.list({ limit: 1000 })).find((event) => event.id === id)?.delivery;
const metric = async (name: string): Promise<number> => {
  const line = (await register.metrics()).split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
};

const triesOf = async (outcome: string): Promise<number> =>
  metric(`keyward_webhook_deliveries_total{outcome="${outcome}"}`);

beforeEach(() => {
  logged = {
    debug: jest.spyOn(Logger.prototype, 'debug').mockImplementation(),
    warn: jest.spyOn(Logger.prototype, 'warn').mockImplementation(),
    error: jest.spyOn(Logger.prototype, 'error').mockImplementation(),
  };
  time = START;
  events = new MemoryEventRepository(new StorageConfig().permitVolatile('the store of this test'));
  receiver = new Receiver();
  delivery = newDelivery();
});
afterEach(() => jest.restoreAllMocks());

describe('a healthy receiver', () => {
  it('gets each event once, and the events of a key in order', async () => {
    for (const version of [2, 1, 3]) for (const keyId of KEYS) await happen(keyId, version);
    await deliver();
    await pass(3600);
    for (const keyId of KEYS) {
      expect(receiver.came.filter((id) => id.startsWith(keyId))).toEqual(
        [1, 2, 3].map((v) => `${keyId}-${v}`),
      );
    }
    expect(await stateOf(`${ACME}-1`)).toBe('delivered');
  });

  it('gets each of 240 events once', async () => {
    for (let version = 1; version <= 120; version += 1)
      for (const keyId of KEYS) await happen(keyId, version);
    await deliver();
    expect(new Set(receiver.came).size).toBe(240);
    expect(receiver.came).toHaveLength(240);
  });

  it('gets nothing from an instance that no longer holds the lease', async () => {
    await happen(ACME, 1);
    await deliver(() => false);
    expect(receiver.came).toEqual([]);
  });
});

describe('a receiver that fails', () => {
  it('gets an event by the retry schedule, until it is a dead letter after the last attempt [T82]', async () => {
    const before = await metric('keyward_webhook_dead_letters_total');
    receiver.answer = () => ({ status: 400 });
    const id = await happen(ACME, 1);
    await deliver();
    for (const [index, seconds] of RETRY_DELAYS_SECONDS.entries()) {
      expect(receiver.came).toHaveLength(index + 1);
      await pass(seconds - 1);
      expect(receiver.came).toHaveLength(index + 1);
      expect(await stateOf(id)).toBe('pending');
      await pass(1);
    }
    expect(receiver.came).toHaveLength(RETRY_DELAYS_SECONDS.length + 1);
    expect(await stateOf(id)).toBe('dead');
    await pass(10 * 86_400);
    expect(receiver.came).toHaveLength(RETRY_DELAYS_SECONDS.length + 1);
    expect(await metric('keyward_webhook_dead_letters_total')).toBe(before + 1);
    expect(logged.warn).toHaveBeenCalledWith(expect.stringContaining(id));
  });

  it.each<[string, WebhookAnswer]>([
    ['a failure', { status: 500 }],
    ['a redirect', { status: 302 }],
    ['a response that rejects it', { status: 404 }],
    ['silence', { failure: 'timeout' }],
    ['a broken connection', { failure: 'ECONNRESET' }],
    ['a rejected private address', { failure: 'refused_address' }],
  ])('gets an event again after %s', async (_what, answer) => {
    receiver.answer = () => answer;
    const id = await happen(ACME, 1);
    await deliver();
    receiver.answer = () => ({ status: 200 });
    await pass(6);
    await pass(3600);
    expect(receiver.came).toEqual([id, id]);
    expect(await stateOf(id)).toBe('delivered');
  });

  it('gets nothing until the time of its Retry-After header', async () => {
    receiver.answer = () => ({ status: 503, retryAfter: '40' });
    const id = await happen(ACME, 1);
    await deliver();
    await happen(GLOBEX, 1);
    receiver.answer = () => ({ status: 204 });
    await pass(39);
    expect(receiver.came).toEqual([id]);
    await pass(1);
    expect(new Set(receiver.came)).toEqual(new Set([id, `${GLOBEX}-1`]));
    expect(receiver.came).toHaveLength(3);
  });

  it('gets events again immediately after a clock rollback of an hour', async () => {
    receiver.answer = () => ({ status: 503 });
    await happen(ACME, 1);
    await deliver();
    receiver.answer = () => ({ status: 204 });
    time -= 3_600_000;
    const one = await happen(GLOBEX, 1);
    await deliver();
    expect(receiver.came).toContain(one);
  });

  it('is paused for at most a minute after consecutive failures, and not after its recovery', async () => {
    receiver.answer = () => ({ status: 500 });
    const triedAfter = async (keyId: string): Promise<number> => {
      const [count, began] = [receiver.came.length, time];
      await happen(keyId, 1);
      while (receiver.came.length === count) await pass(0.5);
      return (time - began) / 1000;
    };
    const many = Array.from({ length: 12 }, (_, n) => `01jd8x4k2m6n8p0q2r4s6t8v${n + 10}`);
    const waits: number[] = [];
    for (const keyId of many) waits.push(await triedAfter(keyId));
    expect(Math.max(...waits)).toBeLessThanOrEqual(60);
    expect(waits[1]).toBeLessThanOrEqual(1);
    receiver.answer = () => ({ status: 200 });
    await pass(3600);
    receiver.came.length = 0;
    await happen(ACME, 1);
    await happen(GLOBEX, 2);
    await deliver();
    expect(receiver.came).toHaveLength(2);

    receiver.answer = () => ({ status: 500 });
    await happen(ACME, 3);
    await deliver();
    const next = await happen(GLOBEX, 3);
    await pass(1);
    expect(receiver.came).toContain(next);
  });

  it('gets the events of other keys while it rejects the events of one key', async () => {
    receiver.answer = (id) => ({ status: id.startsWith(ACME) ? 400 : 204 });
    await happen(ACME, 1);
    await happen(GLOBEX, 1, 'globex');
    await deliver();
    expect(await stateOf(`${GLOBEX}-1`)).toBe('delivered');
    expect(await stateOf(`${ACME}-1`)).toBe('pending');
  });
});

describe('the order of a key’s events', () => {
  it('is kept while an earlier event is retried', async () => {
    const [one, two, three] = [await happen(ACME, 1), await happen(ACME, 2), `${ACME}-3`];
    receiver.answer = () => ({ status: 400 });
    await deliver();
    expect(receiver.came).toEqual([one]);
    await happen(ACME, 3);
    await deliver();
    await pass(4);
    expect(receiver.came).toEqual([one]);
    receiver.answer = () => ({ status: 200 });
    await pass(1);
    expect(receiver.came).toEqual([one, one, two, three]);
  });

  it('follows the versions of the key, even if the clocks of instances differ', async () => {
    const first = await happen(ACME, 1);
    time -= 60_000;
    const second = await happen(ACME, 2);
    time += 60_000;
    await deliver();
    expect(receiver.came).toEqual([first, second]);
  });

  it('is kept for only five attempts, so that a rejected event does not delay a revocation for days', async () => {
    const [poison, later] = [await happen(ACME, 1), await happen(ACME, 2)];
    receiver.answer = (id) => ({ status: id === poison ? 400 : 204 });
    await deliver();
    for (const seconds of RETRY_DELAYS_SECONDS.slice(0, TRIES_IN_ORDER - 1)) {
      expect(receiver.came).not.toContain(later);
      await pass(seconds);
    }
    await pass(0);
    expect(receiver.came.filter((id) => id === poison)).toHaveLength(TRIES_IN_ORDER);
    expect(await stateOf(later)).toBe('delivered');
    const latest = await happen(ACME, 3);
    await pass(1);
    expect(await stateOf(latest)).toBe('delivered');
    expect(await stateOf(poison)).toBe('pending');
  });
});

const ofTenant = (tenant: string, n: number): string =>
  `01jd8x4k2m6n8p0q2r4s${tenant}${String(n).padStart(2, '0')}`;
const placeOf = (id: string): number => receiver.came.indexOf(id);

describe('a long queue', () => {
  it('of one key delays a revocation in another tenant by fewer than ten attempts [T84]', async () => {
    for (let version = 1; version <= 150; version += 1) await happen(ACME, version);
    time += 1000;
    const revocation = await happen(GLOBEX, 1, 'globex');
    await deliver();
    expect(placeOf(revocation)).toBeLessThan(10);
    expect(receiver.came.filter((id) => id.startsWith(ACME))).toEqual(
      Array.from({ length: 150 }, (_, index) => `${ACME}-${index + 1}`),
    );
  });

  it.each<[string, (n: number) => Promise<string>]>([
    ['of one key', async (n) => happen(ACME, n)],
    ['of 3,000 keys', async (n) => happen(`${ACME.slice(0, 22)}${String(n).padStart(4, '0')}`, 1)],
  ])(
    'of 3,000 events %s does not delay other tenants, even if the receiver is slow',
    async (_what, inBurst) => {
      for (let n = 1; n <= 3000; n += 1) await inBurst(n);
      time += 1000;
      const revocation = await happen(GLOBEX, 1, 'globex');
      const send = receiver.send.bind(receiver);
      jest.spyOn(receiver, 'send').mockImplementation(async (message) => {
        await pause(20);
        return send(message);
      });
      await deliver(() => receiver.came.length < 10);
      expect(receiver.came.slice(0, 10)).toContain(revocation);
    },
  );

  it('of some keys does not block other keys of the same tenant', async () => {
    for (let n = 0; n < 6; n += 1) {
      for (let version = 1; version <= 60; version += 1) await happen(ofTenant('acme', n), version);
    }
    time += 1000;
    const last = await happen(ofTenant('acme', 99), 1);
    await deliver();
    expect(placeOf(last)).toBeLessThan(80);
    expect(receiver.came).toHaveLength(361);
  });

  it('of a tenant with many keys does not delay a tenant with few keys [T84]', async () => {
    for (let n = 0; n < 50; n += 1) {
      for (let version = 1; version <= 10; version += 1) await happen(ofTenant('acme', n), version);
    }
    time += 1000;
    const first = await happen(ofTenant('glob', 1), 1, 'globex');
    receiver.answer = (id) => {
      if (id === first) void happen(ofTenant('glob', 2), 1, 'globex');
      return { status: 204 };
    };
    await deliver();
    expect(placeOf(first)).toBeLessThan(10);
    expect(placeOf(`${ofTenant('glob', 2)}-1`)).toBeLessThan(60);
    expect(receiver.came).toHaveLength(502);
  });

  it('of many tenants is delivered in rounds: all tenants get a first turn before any gets a second', async () => {
    const tenants = Array.from({ length: 45 }, (_, n) => n);
    for (const n of tenants) {
      for (let version = 1; version <= 11; version += 1)
        await happen(ofTenant('each', n), version, `tenant-${n}`);
    }
    await deliver();
    const firsts = tenants.map((n) => placeOf(`${ofTenant('each', n)}-1`));
    const seconds = tenants.map((n) => placeOf(`${ofTenant('each', n)}-11`));
    expect(Math.max(...firsts)).toBeLessThan(Math.min(...seconds));
    expect(receiver.came).toHaveLength(495);
  });

  it('of a key that moved between tenants is delivered in order', async () => {
    for (let version = 1; version <= 30; version += 1) {
      await happen(ACME, version, version % 2 === 0 ? 'acme' : 'globex');
    }
    await deliver();
    expect(receiver.came).toEqual(Array.from({ length: 30 }, (_, index) => `${ACME}-${index + 1}`));
  });

  it('of one key does not overtake an event of the key that is retried', async () => {
    for (let version = 1; version <= 150; version += 1) await happen(ACME, version);
    receiver.answer = () => ({ status: 400 });
    await deliver();
    await pass(4);
    expect(receiver.came).toEqual([`${ACME}-1`]);
    receiver.answer = () => ({ status: 204 });
    await pass(1);
    expect(receiver.came.slice(1)).toEqual(Array.from({ length: 150 }, (_, index) => `${ACME}-${index + 1}`));
  });
});

describe('a receiver that answers 410', () => {
  it('gets no more events until a restart, and then gets all of them', async () => {
    receiver.answer = () => ({ status: 410 });
    const [one, two] = [await happen(ACME, 1), await happen(ACME, 2)];
    await deliver();
    await pass(86_400);
    await happen(GLOBEX, 1);
    await pass(86_400);
    expect(receiver.came).toEqual([one]);
    expect(await metric('keyward_webhook_endpoint_gone')).toBe(1);
    expect(logged.error).toHaveBeenCalledTimes(1);

    receiver.answer = () => ({ status: 204 });
    delivery = newDelivery();
    await deliver();
    expect(receiver.came.slice(1).toSorted()).toEqual([one, two, `${GLOBEX}-1`].toSorted());
    expect(await metric('keyward_webhook_endpoint_gone')).toBe(0);
  });
});

it('the delivery metrics count attempts by outcome, and contain no key ids', async () => {
  const before = [await triesOf('delivered'), await triesOf('failed')];
  await happen(ACME, 1);
  await deliver();
  receiver.answer = () => ({ status: 400 });
  await happen(GLOBEX, 1);
  await deliver();
  expect([await triesOf('delivered'), await triesOf('failed')]).toEqual(before.map((each) => each + 1));
  const text = await register.metrics();
  for (const keyId of KEYS) expect(text).not.toContain(keyId);
});
