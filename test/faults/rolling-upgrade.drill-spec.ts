import { randomUUID } from 'node:crypto';
import { BOUND_MS, type DrillInstance, startDrillInstance } from '../support/drills/drill-instance';
import { formerBuild } from '../support/drills/former-build';
import type { HttpAnswer, HttpClient, JsonObject } from '../support/http-client';
import { makeRootKey } from '../support/integration/keyward';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';
import { eventually, eventuallyIs } from '../support/patience';

/** The last commit before policies, several rate limits and usage by outcome. */
const FORMER = 'cbe79f3d60184e8d8dc3f5908cf0e2b8036c1e97';

interface Made {
  readonly id: string;
  readonly token: string;
}

function allowed(count: number): readonly string[] {
  return Array.from({ length: count }, () => 'VALID');
}

describe('an instance of the former version and one of this version on one database', () => {
  let mongo: MongoServer;
  let former: DrillInstance;
  let current: DrillInstance;
  let root: string;
  let started: readonly DrillInstance[] = [];

  beforeAll(async () => {
    const build = await formerBuild(FORMER);
    mongo = await startMongoServer({ own: true });
    const uri = withDatabase(mongo.uri, `roll_${randomUUID()}`);
    root = await makeRootKey(uri);
    const environment = { MONGODB_URI: uri, API_KEY_PREFIXES: 'kw,kw_test', USAGE_FLUSH_MS: '200' };
    former = await startDrillInstance(environment, 0, build);
    started = [former];
    current = await startDrillInstance(environment);
    started = [former, current];
  }, 600_000);
  afterAll(async () => {
    await Promise.all(started.map(async (instance) => instance.stop()));
    await mongo.stop();
  });

  const asRoot = (instance: DrillInstance): HttpClient => instance.as(root);

  async function make(instance: DrillInstance, fields: object): Promise<Made> {
    const { status, body } = await asRoot(instance).post('/v1/api-keys', {
      name: 'rolling',
      scopes: ['memory:read'],
      ...fields,
    });
    expect(status).toBe(201);
    return body as unknown as Made;
  }

  async function verify(instance: DrillInstance, token: string, fields: object = {}): Promise<HttpAnswer> {
    return asRoot(instance).post('/v1/api-keys/verify', { token, scopes: ['memory:read'], ...fields });
  }

  async function codeOf(instance: DrillInstance, token: string, fields?: object): Promise<unknown> {
    return (await verify(instance, token, fields)).body['code'];
  }

  /** Returns the codes of so many requests, one after the other. */
  async function codesOf(instance: DrillInstance, token: string, count: number): Promise<readonly unknown[]> {
    const codes: unknown[] = [];
    while (codes.length < count) codes.push(await codeOf(instance, token));
    return codes;
  }

  async function recordOn(instance: DrillInstance, id: string): Promise<JsonObject> {
    const { status, body } = await asRoot(instance).get(`/v1/api-keys/${id}`);
    expect(status).toBe(200);
    return body;
  }

  it.each(['former', 'current'] as const)(
    'accept a key that the %s version made, until either revokes it',
    async (maker) => {
      const [by, other] = maker === 'former' ? [former, current] : [current, former];
      for (const revoker of [by, other]) {
        const { id, token } = await make(by, { orgId: 'acme' });
        for (const each of started) {
          expect(await codeOf(each, token, { orgId: 'acme' })).toBe('VALID');
          expect(await codeOf(each, token, { orgId: 'globex' })).toBe('BINDING_MISMATCH');
        }
        expect((await asRoot(revoker).delete(`/v1/api-keys/${id}`)).status).toBe(204);
        for (const each of started) {
          await eventuallyIs(async () => codeOf(each, token), 'REVOKED');
        }
      }
    },
  );

  it('both enforce the limit that the former version stored, and a change of it by either', async () => {
    const made = await make(former, { rateLimit: { limit: 3, windowSeconds: 3600 } });
    expect(await codesOf(current, made.token, 4)).toEqual([...allowed(3), 'RATE_LIMITED']);
    expect((await recordOn(current, made.id))['rateLimits']).toEqual([
      { name: 'default', limit: 3, windowSeconds: 3600 },
    ]);
    const rateLimits = [
      { name: 'default', limit: 5, windowSeconds: 3600 },
      { name: 'burst', limit: 4, windowSeconds: 60 },
    ];
    const other = await make(current, { rateLimits });
    expect((await recordOn(former, other.id))['rateLimit']).toEqual({ limit: 5, windowSeconds: 3600 });
    expect(await codesOf(former, other.token, 6)).toEqual([...allowed(5), 'RATE_LIMITED']);
    expect(await codesOf(current, other.token, 5)).toEqual([...allowed(4), 'RATE_LIMITED']);
  });

  it('lose no limit that the other version stored when they change the key', async () => {
    const rateLimits = [
      { name: 'burst', limit: 3, windowSeconds: 60 },
      { name: 'daily', limit: 9, windowSeconds: 86_400 },
    ];
    const { id, token } = await make(current, { rateLimits });
    const patched = await asRoot(former).patch(`/v1/api-keys/${id}`, {
      description: 'changed by the former version',
      rateLimit: { limit: 2, windowSeconds: 30 },
    });
    expect(patched.status).toBe(200);
    expect((await recordOn(current, id))['rateLimits']).toEqual(
      expect.arrayContaining([...rateLimits, { name: 'default', limit: 2, windowSeconds: 30 }]),
    );
    const limitsOf = async (): Promise<number> =>
      (await verify(current, token)).text.match(/windowSeconds/g)?.length ?? 0;
    await eventually(limitsOf, (count) => count >= 3);
    expect((await codesOf(current, token, 3)).at(-1)).toBe('RATE_LIMITED');
  });

  it('suspend an organisation on this version, whatever the former version does with its keys', async () => {
    const { id, token } = await make(former, { orgId: 'acme' });
    const other = await make(former, { orgId: 'globex' });
    const suspended = await asRoot(current).send('PUT', '/v1/policies/orgs/acme', { status: 'suspended' });
    expect(suspended.status).toBe(201);
    const refused = async (): Promise<void> =>
      eventuallyIs(async () => codeOf(current, token, { orgId: 'acme' }), 'TENANT_SUSPENDED');
    await refused();
    // The former version has no policies: suspend only when all instances are new.
    expect(await codeOf(former, token, { orgId: 'acme' })).toBe('VALID');
    expect((await asRoot(former).patch(`/v1/api-keys/${id}`, { name: 'renamed' })).status).toBe(200);
    expect((await asRoot(former).post(`/v1/api-keys/${id}/rotate`, { gracePeriodSeconds: 60 })).status).toBe(
      200,
    );
    await new Promise((resolve) => setTimeout(resolve, BOUND_MS));
    await refused();
    expect(await codeOf(current, other.token, { orgId: 'globex' })).toBe('VALID');
    expect((await asRoot(current).patch('/v1/policies/orgs/acme', { status: 'active' })).status).toBe(200);
    await eventuallyIs(async () => codeOf(current, token, { orgId: 'acme' }), 'VALID');
  });

  it('accept and rotate keys with a prefix of their own', async () => {
    const { id, token } = await make(current, { prefix: 'kw_test' });
    expect(token).toMatch(/^kw_test_/);
    for (const each of started) expect(await codeOf(each, token)).toBe('VALID');
    const rotated = await asRoot(former).post(`/v1/api-keys/${id}/rotate`);
    expect(rotated.status).toBe(200);
    for (const each of started) {
      await eventuallyIs(async () => codeOf(each, String(rotated.body['token'])), 'VALID');
    }
    const again = await asRoot(current).post(`/v1/api-keys/${id}/rotate`);
    expect(again.body['token']).toMatch(/^kw_test_/);
  });

  it('count the uses of a key together', async () => {
    const { id, token } = await make(former, {});
    await codesOf(former, token, 3);
    await codesOf(current, token, 4);
    for (const each of started) {
      await eventuallyIs(async () => {
        const { body } = await asRoot(each).get(`/v1/api-keys/${id}/usage`);
        const hours = body['data'] as readonly { readonly count: number }[];
        return hours.reduce((sum, { count }) => sum + count, 0);
      }, 7);
    }
  });
});
