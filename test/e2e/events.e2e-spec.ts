import { newKeyId } from '../../src/api-keys/domain/key-id';
import { inParallel } from '../../src/common/in-parallel';
import { EVENT_REPOSITORY, type EventRepository } from 'keyward';
import { anEvent } from '../support/event-fixtures';
import type { HttpClient, JsonObject } from '../support/http-client';
import {
  makeKey,
  pageIn,
  type PeopleService,
  startPeopleService,
  STORAGES,
  textIn,
  verdictOf,
} from '../support/user-service';
import { eventually } from '../support/patience';

const NDJSON = 'application/x-ndjson';

/** Reads until enough events are listed, because events are stored in the background. */
async function trailOf(client: HttpClient, query: string, count: number): Promise<readonly JsonObject[]> {
  const page = async (): Promise<readonly JsonObject[]> => pageIn(await client.get(`/v1/events?${query}`));
  return eventually(page, (events) => events.length >= count);
}

describe.each(STORAGES)('the audit trail in %s storage', (storage) => {
  let service: PeopleService;
  let root: HttpClient;

  beforeAll(async () => {
    service = await startPeopleService(storage);
    root = service.as(service.root.token);
  });
  afterAll(async () => service.stop());

  const holder = async (request: Parameters<PeopleService['issue']>[0]): Promise<HttpClient> =>
    service.as((await service.issue({ scopes: ['events:read'], ...request })).token);

  it('lists all events of a key, newest first, without secrets', async () => {
    const made = await root.post('/v1/api-keys', {
      name: 'ingest worker',
      scopes: ['memory:read'],
      orgId: 'acme',
      projectId: 'apollo',
    });
    const [id, token] = [textIn(made.body, 'id'), textIn(made.body, 'token')];
    await root.patch(`/v1/api-keys/${id}`, { name: 'renamed worker', scopes: [] });
    const rotated = await root.post(`/v1/api-keys/${id}/rotate`, {});
    await service.as(token).get('/v1/api-keys/self');
    await root.delete(`/v1/api-keys/${id}?reason=found+in+a+repository`);

    const events = await trailOf(root, `keyId=${id}`, 5);
    const actor = `key:${service.root.key.id}`;
    const expected = [
      ['api-key.created', 1, actor, []],
      ['api-key.updated', 2, actor, ['name', 'scopes']],
      ['api-key.rotated', 3, actor, []],
      ['api-key.reuse_detected', 4, 'system', []],
      ['api-key.revoked', 5, actor, []],
    ] as const;
    expect(events.toReversed()).toEqual(
      expected.map(([type, version, by, fields]) => ({
        type,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
        id: `${id}-${version}`,
        keyId: id,
        orgId: 'acme',
        projectId: 'apollo',
        ownerId: null,
        policyId: null,
        actor: by,
        version,
        fields: [...fields],
        expiresAt: null,
        delivery: 'none',
      })),
    );
    const text = JSON.stringify(events);
    for (const secret of [token, textIn(rotated.body, 'token')]) {
      expect(text).not.toContain(secret.slice(-49));
    }
    for (const value of ['worker', 'memory:read', 'repository']) expect(text).not.toContain(value);
  });

  it('lists the creation of keys by users and by an import', async () => {
    const ada = await service.signIn({ orgs: ['acme'] });
    const key = await makeKey(ada.client, { orgId: 'acme' });
    const [event] = await trailOf(root, `ownerId=${ada.id}`, 1);
    expect(event).toMatchObject({
      type: 'api-key.created',
      keyId: key.id,
      actor: `user:${ada.id}`,
      ownerId: ada.id,
      orgId: 'acme',
    });
    const hash = Buffer.from(newKeyId(new Date()).repeat(2).slice(0, 32)).toString('hex');
    const imported = await root.post('/v1/api-keys/import', { keys: [{ hash, name: 'i', scopes: [] }] });
    const [outcome] = imported.body['results'] as readonly JsonObject[];
    const events = await trailOf(root, `keyId=${textIn(outcome ?? {}, 'id')}`, 1);
    expect(events).toMatchObject([{ type: 'api-key.created', version: 1 }]);
    expect(JSON.stringify(events)).not.toContain(hash);
  });

  describe('shows only events of visible keys', () => {
    let ids: Readonly<Record<string, string>>;
    let owner: string;

    beforeAll(async () => {
      owner = (await service.signIn({ orgs: ['acme'] })).id;
      const made: Record<string, string> = {};
      for (const [name, request] of Object.entries({
        'acme/apollo': { orgId: 'acme', projectId: 'apollo' },
        'acme/hermes': { orgId: 'acme', projectId: 'hermes' },
        acme: { orgId: 'acme' },
        'globex/apollo': { orgId: 'globex', projectId: 'apollo' },
        apollo: { projectId: 'apollo' },
        loose: {},
        owned: { orgId: 'acme', ownerId: owner },
      })) {
        made[name] = (await service.issue(request)).key.id;
        await trailOf(root, `keyId=${made[name]}`, 1);
      }
      ids = made;
    });

    const seenBy = async (client: HttpClient, query = ''): Promise<readonly string[]> => {
      const seen = new Set<unknown>();
      let page: string | undefined = '';
      while (page !== undefined) {
        const { body } = await client.get(`/v1/events?limit=1000${query}${page}`);
        for (const { keyId } of body['data'] as readonly JsonObject[]) seen.add(keyId);
        page = body['nextCursor'] === null ? undefined : `&cursor=${textIn(body, 'nextCursor')}`;
      }
      return Object.entries(ids).flatMap(([name, id]) => (seen.has(id) ? [name] : []));
    };
    const acme = ['acme/apollo', 'acme/hermes', 'acme', 'owned'];

    it.each<[string, object, readonly string[]]>([
      ['an unbound key', {}, [...acme, 'globex/apollo', 'apollo', 'loose']],
      ['a key bound to acme', { orgId: 'acme' }, acme],
      ['a key bound to globex', { orgId: 'globex' }, ['globex/apollo']],
      ['a key bound to acme/apollo', { orgId: 'acme', projectId: 'apollo' }, ['acme/apollo']],
      ['a key bound only to a project', { projectId: 'apollo' }, ['acme/apollo', 'globex/apollo', 'apollo']],
      ['a key bound to another tenant', { orgId: 'initech' }, []],
    ])('to %s', async (_who, binding, expected) => {
      expect((await seenBy(await holder(binding))).toSorted()).toEqual(expected.toSorted());
    });

    it('to a key with an owner', async () => {
      expect(await seenBy(await holder({ ownerId: owner }))).toEqual(['owned']);
      expect(await seenBy(await holder({ ownerId: owner, orgId: 'globex' }))).toEqual([]);
    });

    it('to a key bound to globex that filters for acme', async () => {
      const client = await holder({ orgId: 'globex' });
      for (const query of [
        '&orgId=acme',
        '&orgId=acme&projectId=apollo',
        `&ownerId=${owner}`,
        `&keyId=${ids['acme']}`,
        `&keyId=${ids['acme']}&orgId=globex`,
        '&type=api-key.created&orgId=acme',
      ]) {
        expect([query, await seenBy(client, query)]).toEqual([query, []]);
      }
      expect(await seenBy(client, `&keyId=${ids['globex/apollo']}`)).toEqual(['globex/apollo']);
    });

    it('to a caller that uses the cursor of another caller [T81]', async () => {
      const { body } = await root.get('/v1/events?limit=1');
      const answer = await (
        await holder({ orgId: 'globex' })
      ).get(`/v1/events?cursor=${textIn(body, 'nextCursor')}`);
      expect(new Set(pageIn(answer).map(({ orgId }) => orgId))).toEqual(new Set(['globex']));
    });

    it('and returns no cursor that reveals 1,100 events of another tenant’s key [T81]', async () => {
      const { key } = await service.issue({ orgId: 'acme', projectId: 'busy' });
      const events = service.app.get<EventRepository>(EVENT_REPOSITORY);
      const at = new Date();
      const many = Array.from({ length: 1100 }, (_, n) =>
        anEvent({ id: `${key.id}-busy-${n}`, at, keyId: key.id, orgId: 'acme', projectId: 'busy' }),
      );
      await inParallel(many, 10, async (event) => void (await events.add(event)));
      const stranger = await holder({ orgId: 'globex' });
      const [theirs, nobodys] = await Promise.all(
        [key.id, newKeyId(at)].map(async (id) => stranger.get(`/v1/events?keyId=${id}`)),
      );
      expect(theirs?.body).toEqual({ data: [], nextCursor: null });
      expect([theirs?.text, theirs?.headers.get('link')]).toEqual([
        nobodys?.text,
        nobodys?.headers.get('link'),
      ]);
    });

    it('based on the binding at the time of the event, even if the key has a new tenant now', async () => {
      const { key } = await service.issue({ orgId: 'acme' });
      await root.patch(`/v1/api-keys/${key.id}`, { orgId: 'globex' });
      await trailOf(root, `keyId=${key.id}`, 2);
      const typesSeen = async (orgId: string): Promise<readonly unknown[]> =>
        pageIn(await (await holder({ orgId })).get(`/v1/events?keyId=${key.id}`)).map(({ type }) => type);
      expect(await typesSeen('acme')).toEqual(['api-key.created']);
      expect(await typesSeen('globex')).toEqual(['api-key.updated']);
    });

    it('and answers 403 without events:read, unless the caller is an administrator', async () => {
      const reader = await service.issue({ scopes: ['api-keys:*'] });
      expect(verdictOf(await service.as(reader.token).get('/v1/events'))).toEqual([
        403,
        'insufficient_scope',
      ]);
      expect(verdictOf(await service.as().get('/v1/events'))).toEqual([401, 'missing_credential']);
      const person = await service.signIn({ orgs: ['acme'] });
      expect(verdictOf(await person.client.get('/v1/events'))).toEqual([403, 'insufficient_scope']);
      const administrator = await service.signInAdministrator();
      expect(await seenBy(administrator.client)).toEqual(Object.keys(ids));
    });
  });

  describe('as a list', () => {
    it('returns the same pages as JSON and as NDJSON', async () => {
      const orgId = `org-${newKeyId(new Date())}`;
      for (let count = 0; count < 7; count += 1) await service.issue({ orgId });
      const all = (await trailOf(root, `orgId=${orgId}`, 7)).map(({ id }) => id);
      expect(all).toHaveLength(7);

      for (const accept of ['application/json', NDJSON]) {
        const seen: unknown[] = [];
        let page: string | undefined = `?orgId=${orgId}&limit=3`;
        for (let pages = 0; page !== undefined; pages += 1) {
          expect(pages).toBeLessThan(4);
          const { text, headers, body } = await root.get(`/v1/events${page}`, { Accept: accept });
          expect(headers.get('content-type')).toMatch(new RegExp(`^${accept}; charset=utf-8$`));
          expect(headers.get('vary')).toBe('Authorization, X-API-Key, Accept');
          const events = (
            accept === NDJSON
              ? text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as JsonObject]))
              : body['data']
          ) as readonly JsonObject[];
          seen.push(...events.map(({ id }) => id));
          page = /^<(\?[^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
          if (accept !== NDJSON) expect(page === undefined).toBe(body['nextCursor'] === null);
        }
        expect([accept, seen]).toEqual([accept, all]);
      }
    });

    it.each([
      [undefined, 'application/json'],
      ['*/*', 'application/json'],
      ['text/html', 'application/json'],
      ['application/x-ndjson;q=0.1, application/json', 'application/json'],
      ['application/json;q=0.1, application/x-ndjson', NDJSON],
      ['application/x-ndjson;q=0', 'application/json'],
    ])('answers Accept: %s with %s', async (accept, type) => {
      const answer = await root.get('/v1/events?limit=1', accept === undefined ? {} : { Accept: accept });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, `${type}; charset=utf-8`]);
    });

    it('filters by type and by time', async () => {
      const { key } = await service.issue({});
      await root.delete(`/v1/api-keys/${key.id}`);
      const [revoked, created] = await trailOf(root, `keyId=${key.id}`, 2);
      const of = async (query: string): Promise<readonly unknown[]> =>
        pageIn(await root.get(`/v1/events?keyId=${key.id}&${query}`)).map(({ id }) => id);
      expect(await of('type=api-key.revoked')).toEqual([revoked?.['id']]);
      const byType = pageIn(await root.get('/v1/events?type=api-key.revoked&limit=1000'));
      expect(byType.map(({ id }) => id)).toContain(revoked?.['id']);
      expect(new Set(byType.map(({ type }) => type))).toEqual(new Set(['api-key.revoked']));

      const at = encodeURIComponent(String(revoked?.['at']));
      expect(await of(`from=${at}`)).toContain(revoked?.['id']);
      expect(await of(`to=${at}`)).not.toContain(revoked?.['id']);
      expect(await of('from=2100-01-01T00:00:00Z')).toEqual([]);
      expect(await of(`from=2020-01-01T00:00:00%2B02:00&to=2100-01-01T00:00:00Z`)).toEqual([
        revoked?.['id'],
        created?.['id'],
      ]);
    });

    it('returns an empty page with a cursor after 1,100 events that do not match the filter', async () => {
      const { key } = await service.issue({ orgId: 'acme', projectId: 'far' });
      await trailOf(root, `keyId=${key.id}`, 1);
      const events = service.app.get<EventRepository>(EVENT_REPOSITORY);
      const at = new Date(Date.now() + 60_000);
      const orgId = `far-${key.id}`;
      await events.add(
        anEvent({ id: `${key.id}-sought`, at: new Date(), keyId: key.id, orgId, type: 'api-key.revoked' }),
      );
      const fillers = Array.from({ length: 1100 }, (_, n) =>
        anEvent({ id: `${key.id}-filler-${n}`, at, keyId: newKeyId(at), orgId }),
      );
      await inParallel(fillers, 10, async (filler) => void (await events.add(filler)));
      const client = await holder({ orgId });
      const query = '/v1/events?type=api-key.revoked';
      const first = await client.get(query);
      expect([pageIn(first), first.body['nextCursor']]).toEqual([[], expect.any(String)]);
      const second = await client.get(`${query}&cursor=${String(first.body['nextCursor'])}`);
      expect(pageIn(second).map(({ keyId }) => keyId)).toContain(key.id);
    });
  });

  it.each([
    ['limit=0', '/limit'],
    ['limit=1001', '/limit'],
    ['limit=ten', '/limit'],
    ['limit=1&limit=2', '/limit'],
    ['type=created', '/type'],
    ['type[$ne]=x', '/type[$ne]'],
    ['keyId=nobody', '/keyId'],
    ['keyId=%00', '/keyId'],
    ['orgId=a%20b', '/orgId'],
    ['projectId=apollo', '/projectId'],
    ['ownerId=me', '/ownerId'],
    ['from=yesterday', '/from'],
    ['from=2030-01-01', '/from'],
    ['to=2030-01-01T00:00:00', '/to'],
    ['cursor=', '/cursor'],
    ['since=2030-01-01T00:00:00Z', '/since'],
    ['__proto__=x', '/__proto__'],
  ])('rejects %s with 400 and names the field %s', async (query, field) => {
    const { status, body } = await root.get(`/v1/events?${query}`, { Accept: NDJSON });
    expect([status, body['code']]).toEqual([400, 'validation_failed']);
    expect((body['errors'] as readonly JsonObject[]).map((each) => each['field'])).toEqual([field]);
  });

  it.each(['AAAA', 'ZTE6', Buffer.from('k1:01jd8x4k2m6n8p0q2r4s6t8v0w').toString('base64url')])(
    'rejects the invalid cursor %s with 400',
    async (cursor) => {
      const answer = await root.get(`/v1/events?cursor=${cursor}`);
      expect(verdictOf(answer)).toEqual([400, 'invalid_cursor']);
    },
  );
});
