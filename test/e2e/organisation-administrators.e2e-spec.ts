import * as fc from 'fast-check';
import { ApiKeysService, type Caller } from 'keyward';
import type { HttpClient, JsonObject } from '../support/http-client';
import {
  makeKey,
  pageIn,
  type PeopleService,
  type Person,
  startPeopleService,
  STORAGES,
  textIn,
  verdictOf,
} from '../support/user-service';
import { DEEDS } from '../support/user-tenant-deeds';

const ENVIRONMENT = {
  OIDC_ORG_ADMIN_CLAIM: 'org_admin',
  ORG_ADMIN_GRANTABLE_SCOPES: 'memory:*,search:*',
  USER_MAX_KEYS: '1000',
};

/** The statuses for administrators of acme and of globex. The key of the deeds is bound to acme and owned by a member of acme. */
const STATUSES: Readonly<Record<string, readonly [acme: number, globex: number]>> = {
  'lists keys': [200, 200],
  'makes a key for acme': [403, 403],
  'makes a key for globex': [403, 403],
  'makes a key without an organisation': [403, 403],
  'makes a key with more rights than people can grant': [403, 403],
  'makes a key of the owner': [403, 403],
  'makes a key of the colleague': [403, 403],
  'makes a key without an owner': [201, 403],
  'imports a key': [401, 401],
  'verifies a token': [401, 401],
  'reads its own key': [401, 401],
  'rotates its own key': [401, 401],
  'revokes its own key': [401, 401],
  'reads the key': [200, 404],
  'reads its history': [200, 404],
  'reads its usage': [200, 404],
  'rotates it': [403, 404],
  'revokes it': [204, 404],
  'renames it': [200, 404],
  'removes its scopes': [200, 404],
  'disables it': [200, 404],
  'extends its scopes': [200, 404],
  'gives it scopes that people cannot grant': [403, 404],
  'moves it to globex': [403, 404],
  'removes its organisation': [403, 404],
  'gives it to the colleague': [403, 404],
  'removes its owner': [403, 404],
  'reads the audit trail': [200, 200],
  'reads its own user': [200, 200],
  'sets its username': [200, 200],
  'lists users': [403, 403],
  'searches users': [403, 403],
  'disables the owner': [403, 403],
  'sets the owner’s username': [403, 403],
  'changes an unknown user': [403, 403],
  'removes the owner': [403, 403],
  'removes an unknown user': [403, 403],
};

/** Returns the ids on all pages of a list. */
async function idsOf(client: HttpClient, path: string, name = 'id'): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined = '';
  while (cursor !== undefined) {
    const answer = await client.get(`${path}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    ids.push(...pageIn(answer).map((each) => textIn(each, name)));
    const { nextCursor } = answer.body;
    cursor = typeof nextCursor === 'string' ? nextCursor : undefined;
    if (answer.status !== 200) throw new Error(answer.text);
  }
  return ids;
}

function within(held: readonly string[], given: readonly string[]): boolean {
  return given.every((each) => held.includes(each));
}

describe.each(STORAGES)('an administrator of an organisation, with the %s store', (storage) => {
  let service: PeopleService;
  let member: Person;
  let colleague: Person;
  let ofAcme: Person;
  let ofGlobex: Person;

  beforeAll(async () => {
    service = await startPeopleService(storage, ENVIRONMENT);
    member = await service.signIn({ orgs: ['acme'] });
    colleague = await service.signIn({ orgs: ['acme'] });
    ofAcme = await service.signIn({ org_admin: 'acme' });
    ofGlobex = await service.signIn({ org_admin: ['globex'] });
  });
  afterAll(async () => service.stop());

  it.each(DEEDS)('gets the expected status if it $what [T125]', async ({ what, act }) => {
    const { id: keyId } = await makeKey(member.client);
    const target = { keyId, ownerId: member.id, colleagueId: colleague.id };
    const statuses: number[] = [];
    // The stranger comes first, because the other one may revoke the key.
    for (const { client } of [ofGlobex, ofAcme]) statuses.unshift((await act(client, target)).status);
    expect(statuses).toEqual(STATUSES[what]);
  });

  it('lists its own keys and those of its organisations once, newest first, on pages of any size [T125]', async () => {
    const orgs = ['north', 'south'];
    const both = await service.signIn({ org_admin: orgs, orgs: ['north', 'globex'] });
    const other = await service.signIn({ orgs: ['south', 'globex'] });
    const made: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      made.push((await makeKey(both.client, { orgId: 'north' })).id);
      made.push((await makeKey(other.client, { orgId: 'south' })).id);
      made.push((await makeKey(both.client, { orgId: 'globex' })).id);
      await makeKey(other.client, { orgId: 'globex' });
      made.push((await service.issue({ orgId: 'north', projectId: 'p' })).key.id);
      await service.issue({ projectId: 'p' });
    }
    const newestFirst = made.toReversed();
    for (const query of ['limit=1', 'limit=3', 'limit=100', 'limit=2&status=active']) {
      expect(await idsOf(both.client, `/v1/api-keys?${query}`)).toEqual(newestFirst);
    }
    const inSouth = await idsOf(both.client, '/v1/api-keys?limit=1&orgId=south');
    expect(inSouth).toEqual([made[5], made[1]]);
    expect(await idsOf(both.client, '/v1/api-keys?limit=1&orgId=initech')).toEqual([]);
    const events = await idsOf(both.client, '/v1/events?limit=2', 'keyId');
    expect([...new Set(events)].toSorted()).toEqual(made.toSorted());
    expect(events.length).toBe(made.length);
  });

  it('makes keys without an owner for an organisation that it administers, and rotates them', async () => {
    const { body } = await ofAcme.client.post('/v1/api-keys', {
      name: 'ingest',
      scopes: ['search:read'],
      ownerId: null,
    });
    expect(body).toMatchObject({ orgId: 'acme', ownerId: null, createdBy: `user:${ofAcme.id}` });
    const path = `/v1/api-keys/${textIn(body, 'id')}`;
    expect((await ofAcme.client.post(`${path}/rotate`)).status).toBe(200);
    for (const scopes of [['*'], ['api-keys:read'], ['billing:read']]) {
      expect((await ofAcme.client.patch(path, { scopes })).status).toBe(403);
    }
  });

  it('must name the organisation if it administers several, and cannot combine its two grants [T125]', async () => {
    const { client } = await service.signIn({ org_admin: ['acme', 'globex'], orgs: ['initech'] });
    const create = async (fields: JsonObject): Promise<unknown> =>
      verdictOf(await client.post('/v1/api-keys', { name: 'made', scopes: [], ...fields }));
    expect(await create({ ownerId: null })).toEqual([403, 'delegation_exceeded']);
    expect(await create({ ownerId: null, orgId: null })).toEqual([403, 'delegation_exceeded']);
    expect(await create({ ownerId: null, orgId: 'globex' })).toEqual([201, undefined]);
    expect(await create({ ownerId: null, orgId: 'initech' })).toEqual([403, 'delegation_exceeded']);
    expect(await create({ scopes: ['search:read'] })).toEqual([403, 'delegation_exceeded']);
    expect(await create({ orgId: 'acme' })).toEqual([403, 'delegation_exceeded']);
    const { id } = await makeKey(client, { orgId: 'globex', ownerId: null });
    expect(verdictOf(await client.patch(`/v1/api-keys/${id}`, { orgId: 'acme' }))).toEqual([
      403,
      'delegation_exceeded',
    ]);
  });

  it('undoes its own restrictions and those of the owner, but not those of an operator [T126]', async () => {
    const { id } = await makeKey(member.client);
    const path = `/v1/api-keys/${id}`;
    const change = async (client: HttpClient, patch: JsonObject): Promise<number> =>
      (await client.patch(path, patch)).status;
    expect(await change(member.client, { enabled: false })).toBe(200);
    expect(await change(ofAcme.client, { enabled: true })).toBe(200);
    expect(await change(ofAcme.client, { enabled: false, allowedIps: ['203.0.113.7'] })).toBe(200);
    expect(await change(member.client, { enabled: true })).toBe(403);
    expect(await change(member.client, { allowedIps: [] })).toBe(403);
    expect(await change(ofAcme.client, { enabled: true, allowedIps: [] })).toBe(200);
    const operator = service.as(service.root.token);
    expect(await change(operator, { enabled: false, expiresAt: '2090-01-01T00:00:00Z' })).toBe(200);
    expect(await change(ofAcme.client, { expiresAt: '2080-01-01T00:00:00Z' })).toBe(200);
    for (const patch of [{ enabled: true }, { expiresAt: null }]) {
      expect(await change(ofAcme.client, patch)).toBe(403);
    }
    expect(await change(operator, { enabled: true })).toBe(200);
  });

  it.each<readonly [string, unknown]>([
    ['an object', { acme: true }],
    ['a list in a list', [['acme']]],
    ['a list in text', 'acme,globex'],
    ['a wildcard', '*'],
    ['other capitals', 'ACME'],
    ['spaces', [' acme', 'acme ']],
    ['true', true],
    ['more than 100 organisations', ['acme', ...Array.from({ length: 100 }, (_, index) => `o${index}`)]],
  ])('administers nothing of acme if its claim is %s [T126]', async (_what, claim) => {
    const { id } = await makeKey(member.client);
    const { client } = await service.signIn({ org_admin: claim });
    expect((await client.get(`/v1/api-keys/${id}`)).status).toBe(404);
    expect(pageIn(await client.get('/v1/api-keys'))).toEqual([]);
    expect((await client.get('/v1/users/me')).body['administeredOrgIds']).not.toContain('acme');
  });

  it('finds its organisations in its own user', async () => {
    const { client } = await service.signIn({ org_admin: ['acme', 'globex', 'acme'] });
    expect((await client.get('/v1/users/me')).body['administeredOrgIds']).toEqual(['acme', 'globex']);
    expect((await member.client.get('/v1/users/me')).body['administeredOrgIds']).toEqual([]);
  });
});

describe('any chain of requests by an administrator of an organisation', () => {
  it('gives no key more than one of its grants, beside what the key had [T125]', async () => {
    const service = await startPeopleService('memory', ENVIRONMENT);
    const keys = service.app.get(ApiKeysService);
    const admin: Caller = {
      actor: 'user:ada',
      scopes: ['api-keys:read', 'api-keys:write', 'events:read'],
      grant: { ownerId: 'ada', scopes: ['notes:read'], allowedIps: [], rateLimits: [] },
      orgIds: ['globex'],
      administered: [{ orgId: 'acme', scopes: ['memory:*'], allowedIps: [], rateLimits: [] }],
      boundByMaxTtl: true,
    };
    const scopes = fc.subarray(['*', 'memory:*', 'memory:read', 'notes:read', 'billing:read'], {
      maxLength: 2,
    });
    const parts = {
      scopes,
      orgId: fc.constantFrom('acme', 'globex', 'initech', null),
      ownerId: fc.constantFrom('bob', null),
    };
    const steps = fc.oneof(
      fc.record({ request: fc.record(parts, { requiredKeys: ['scopes'] }) }),
      fc.record({ target: fc.nat({ max: 9 }), patch: fc.record(parts, { requiredKeys: [] }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 12 }), async (chain) => {
        const fields = { name: 'of acme', orgId: 'acme', scopes: ['billing:read'] };
        const strange = (await service.issue(fields)).key.id;
        const ids = [strange];
        for (const step of chain) {
          const attempt =
            'request' in step
              ? keys.create(admin, { name: 'made', ...step.request }).then(({ key }) => void ids.push(key.id))
              : keys.update(admin, ids[step.target % ids.length] ?? '', step.patch);
          await attempt.catch(() => undefined);
        }
        for (const id of ids) {
          const key = await keys.get(admin, id);
          const isOwn = key.ownerId === 'ada' && key.orgId === 'globex' && within(['notes:read'], key.scopes);
          const had = id === strange ? ['billing:read'] : [];
          const isOfAcme =
            key.ownerId === undefined &&
            key.orgId === 'acme' &&
            within(['memory:*', 'memory:read', ...had], key.scopes);
          expect([key, isOwn || isOfAcme]).toEqual([key, true]);
        }
      }),
      { numRuns: 150 },
    );
    await service.stop();
  });
});
