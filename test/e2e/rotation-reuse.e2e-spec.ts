import { EventEmitter2 } from '@nestjs/event-emitter';
import { type CreateApiKey, REUSE_DETECTED, type ReuseDetected } from 'keyward';
import { issueToken } from '../../src/api-keys/domain/token/key-token';
import { postForm } from '../support/form';
import type { HttpClient } from '../support/http-client';
import { takeClock } from '../support/movable-clock';
import { startService, type TestService } from '../support/service';
import { storedKey, storeOf } from '../support/stored-key';
import { testDatabaseUri } from '../support/test-database';

const AT_ONCE = 50;
const clock = takeClock();

/** Collects the events that a service publishes about reuse. */
function eventsOf({ app }: TestService): ReuseDetected[] {
  const seen: ReuseDetected[] = [];
  app.get(EventEmitter2).on(REUSE_DETECTED, (event: ReuseDetected) => seen.push(event));
  return seen;
}

async function countedUses(service: TestService): Promise<number> {
  const { text } = await service.as().get('/metrics');
  return Number(/^keyward_retired_secret_uses_total (\d+)$/m.exec(text)?.[1]);
}

const use = async (service: TestService, token: string): Promise<unknown> =>
  (await service.as(token).get('/v1/api-keys/self')).body['code'];

describe.each(['memory', 'mongo'] as const)('the reuse of a previous token with the %s store', (storage) => {
  let service: TestService;
  let root: HttpClient;
  let events: ReuseDetected[];

  beforeAll(async () => {
    service = await startService(storage);
    root = service.as(service.root.token);
    events = eventsOf(service);
  });
  afterAll(async () => service.stop());

  const rotate = async (id: string, gracePeriodSeconds = 0): Promise<string> =>
    String((await root.post(`/v1/api-keys/${id}/rotate`, { gracePeriodSeconds })).body['token']);
  const retired = async (request: Partial<CreateApiKey> = {}): Promise<{ id: string; token: string }> => {
    const { key, token } = await service.issue(request);
    await rotate(key.id);
    return { id: key.id, token };
  };
  const eventsAbout = (id: string): readonly ReuseDetected[] => events.filter(({ keyId }) => keyId === id);

  it('is recorded the first time in the key, the history, an event and the metric [T50]', async () => {
    const { id, token } = await retired({ orgId: 'acme', projectId: 'apollo' });
    const before = await countedUses(service);
    expect(await use(service, token)).toBe('key_rotated');

    const { secrets, version } = await storedKey(service, id);
    expect(secrets.map(({ reusedAt }) => reusedAt !== undefined)).toEqual([true, false]);
    const { body } = await root.get(`/v1/api-keys/${id}/history`);
    expect((body['data'] as readonly unknown[]).at(-1)).toMatchObject({
      action: 'reused',
      by: 'system',
      version,
    });
    const [event] = eventsAbout(id);
    expect(event).toEqual({
      id: `${id}-${version}`,
      type: REUSE_DETECTED,
      keyId: id,
      orgId: 'acme',
      projectId: 'apollo',
      at: secrets[0]?.reusedAt,
      actor: 'system',
      version,
      fields: [],
    });
    expect(JSON.stringify(event)).not.toContain(token.slice(-49));
    expect(await countedUses(service)).toBe(before + 1);
  });

  it('causes no write and no event the second time, but still counts in the metric [T66]', async () => {
    const { id, token } = await retired();
    await use(service, token);
    const first = await storedKey(service, id);
    const before = await countedUses(service);
    const readings = jest.spyOn(storeOf(service), 'findWithHistory');
    for (let time = 0; time < 20; time += 1) expect(await use(service, token)).toBe('key_rotated');
    expect(readings).not.toHaveBeenCalled();
    readings.mockRestore();
    expect(await storedKey(service, id)).toEqual(first);
    expect(eventsAbout(id)).toHaveLength(1);
    expect(await countedUses(service)).toBe(before + 20);
  });

  it(`adds one history entry and one event for ${AT_ONCE} concurrent first uses`, async () => {
    const { id, token } = await retired();
    const before = await countedUses(service);
    const told = await Promise.all(Array.from({ length: AT_ONCE }, async () => use(service, token)));
    expect(new Set(told)).toEqual(new Set(['key_rotated']));
    const { history, version } = await storedKey(service, id);
    expect(history.map(({ action }) => action)).toEqual(['created', 'rotated', 'reused']);
    expect(version).toBe(3);
    expect(eventsAbout(id)).toHaveLength(1);
    expect(await countedUses(service)).toBe(before + AT_ONCE);
  });

  it('is detected at every door', async () => {
    const asker = service.as((await service.issue({ scopes: ['api-keys:verify'] })).token);
    const doors: Readonly<Record<string, (token: string) => Promise<unknown>>> = {
      guard: async (token) => service.as(token).get('/v1/api-keys'),
      verify: async (token) => asker.post('/v1/api-keys/verify', { token, authenticated: true }),
      introspection: async (token) => postForm(asker, '/oauth2/introspect', { token }),
      'forward-auth': async (token) => service.as(token).get('/v1/forward-auth?scope=memory:read'),
    };
    for (const [door, knock] of Object.entries(doors)) {
      const { id, token } = await retired();
      await knock(token);
      expect([door, eventsAbout(id).length]).toEqual([door, 1]);
      expect((await storedKey(service, id)).history.at(-1)?.action).toBe('reused');
    }
  });

  it('is detected once for each token', async () => {
    const { key, token: first } = await service.issue({});
    const second = await rotate(key.id);
    const third = await rotate(key.id);
    for (const token of [first, second, first, second, first]) await use(service, token);
    const { secrets, history } = await storedKey(service, key.id);
    expect(secrets.map(({ reusedAt }) => reusedAt !== undefined)).toEqual([true, true, false]);
    expect(history.filter(({ action }) => action === 'reused')).toHaveLength(2);
    expect(eventsAbout(key.id)).toHaveLength(2);
    expect(await use(service, third)).toBeUndefined();
  });

  it('is not recorded during the grace period', async () => {
    const { key, token } = await service.issue({});
    await rotate(key.id, 60);
    await use(service, token);
    expect((await storedKey(service, key.id)).version).toBe(2);
    clock.advance(60);
    expect(await use(service, token)).toBe('key_rotated');
    expect(eventsAbout(key.id)).toHaveLength(1);
    await rotate(key.id);
    expect((await storedKey(service, key.id)).secrets[0]?.reusedAt).toEqual(eventsAbout(key.id)[0]?.at);
  });

  it('is not recorded for a wrong secret, or for a verifier of another tenant', async () => {
    const { id, token } = await retired({ orgId: 'globex' });
    await use(service, issueToken('kw', id).token);
    const verifier = await service.issue({ scopes: ['api-keys:verify'], orgId: 'acme' });
    const asked = { token, authenticated: true };
    const { body } = await service.as(verifier.token).post('/v1/api-keys/verify', asked);
    expect(body['code']).toBe('NOT_FOUND');
    expect((await storedKey(service, id)).version).toBe(2);
    expect(eventsAbout(id)).toEqual([]);
  });

  it('is detected for the last five previous tokens only', async () => {
    const { key, token } = await service.issue({});
    const tokens = [token];
    for (let time = 0; time < 7; time += 1) tokens.push(await rotate(key.id));
    expect((await storedKey(service, key.id)).secrets).toHaveLength(6);
    const told = [];
    for (const each of tokens) told.push((await use(service, each)) ?? 'good');
    expect(told).toEqual([
      'invalid_token',
      'invalid_token',
      'key_rotated',
      'key_rotated',
      'key_rotated',
      'key_rotated',
      'key_rotated',
      'good',
    ]);
  });

  it('is detected on a revoked key, and the answer stays key_rotated', async () => {
    const { id, token } = await retired();
    await root.delete(`/v1/api-keys/${id}`);
    expect(await use(service, token)).toBe('key_rotated');
    const { history, revokedBy } = await storedKey(service, id);
    expect(history.map(({ action }) => action)).toEqual(['created', 'rotated', 'revoked', 'reused']);
    expect(revokedBy).toBeDefined();
  });
});

describe('two instances with one database', () => {
  const MONGODB_URI = testDatabaseUri();
  let one: TestService;
  let other: TestService;

  beforeAll(async () => {
    one = await startService('mongo', { MONGODB_URI });
    other = await startService('mongo', { MONGODB_URI });
  });
  afterAll(async () => {
    await one.stop();
    await other.stop();
  });

  it('detect the first reuse of a previous token only once', async () => {
    const events = [one, other].map(eventsOf);
    const { key, token } = await one.issue({});
    await one.as(one.root.token).post(`/v1/api-keys/${key.id}/rotate`, {});
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, index) => use(index % 2 === 0 ? one : other, token)),
    );
    const { history } = await storedKey(one, key.id);
    expect(history.map(({ action }) => action)).toEqual(['created', 'rotated', 'reused']);
    expect(events.flat()).toHaveLength(1);
  });
});
