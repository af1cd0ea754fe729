import type { ApiKey } from 'keyward';
import { UsageRecorder } from '../../src/api-keys/usage/usage-recorder';
import { csvRow } from '../../src/http/list-format';
import { type CommandRun, documentIn, keyward } from '../support/command-line';
import type { HttpAnswer, HttpClient, JsonObject } from '../support/http-client';
import { mistyped } from '../support/mistyped';
import { startService, type TestService } from '../support/service';
import { testDatabaseUri } from '../support/test-database';

const SELF = '/v1/api-keys/self';
const BOB = '01hq0000000000000000000b0b';
const EVE = '01hq00000000000000000000e0';
const UNKNOWN = '01jd8x4k2m6n8p0q2r4s6t8v0w';

interface Holder {
  readonly key: ApiKey;
  readonly token: string;
  readonly client: HttpClient;
}

const csv = { Accept: 'text/csv' };

const usage = async (
  client: HttpClient,
  query: string,
  headers?: Record<string, string>,
): Promise<HttpAnswer> => client.get(`/v1/usage?${query}`, headers);

/** Returns the total of each group. */
async function groups(client: HttpClient, query: string): Promise<Record<string, number>> {
  const { status, body } = await usage(client, query);
  expect([query, status]).toEqual([query, 200]);
  const data = body['data'] as { group: string | null; total: number }[];
  return Object.fromEntries(data.map(({ group, total }) => [String(group), total]));
}

describe.each(['memory', 'mongo'] as const)('GET /v1/usage with the %s store', (storage) => {
  const uri = testDatabaseUri('usage-sums');
  let service: TestService;
  let root: HttpClient;
  let asked: number;
  /** The first requests: three by Bob in acme, one without owner in acme, two by Eve in globex. */
  let holders: Record<'bob' | 'robot' | 'eve', Holder>;

  async function holderOf(request: Parameters<TestService['issue']>[0]): Promise<Holder> {
    const { key, token } = await service.issue(request);
    return { key, token, client: service.as(token) };
  }
  const stored = async (): Promise<void> => service.app.get(UsageRecorder).flush();

  beforeAll(async () => {
    service = await startService(storage, {
      USAGE_FLUSH_MS: '3600000',
      ...(storage === 'mongo' && { MONGODB_URI: uri }),
    });
    root = service.as(service.root.token);
    await service.owner(BOB);
    await service.owner(EVE);
    holders = {
      bob: await holderOf({ orgId: 'acme', ownerId: BOB }),
      robot: await holderOf({ orgId: 'acme', projectId: 'apollo' }),
      eve: await holderOf({ orgId: 'globex', ownerId: EVE }),
    };
    const { bob, robot, eve } = holders;
    for (const { client } of [bob, bob, robot, eve]) {
      const { status } = await client.get(SELF);
      if (status !== 200) throw new Error(`the set-up got ${status}`);
    }
    asked = 4;
    // Both lack the scope.
    await bob.client.get('/v1/api-keys');
    await eve.client.get('/v1/api-keys');
    await service.as(mistyped(eve.token)).get(SELF);
    await stored();
  });
  afterAll(async () => service.stop());

  it('adds up all requests by outcome, organisation, owner, hour and day', async () => {
    const { body } = await usage(root, 'groupBy=outcome');
    expect(body).toMatchObject({ groupBy: 'outcome', nextCursor: null });
    expect((body['data'] as JsonObject[])[0]).toEqual({
      group: 'VALID',
      total: asked,
      cost: asked,
      outcomes: { VALID: asked },
    });
    expect(await groups(root, 'groupBy=outcome&orgId=acme')).toEqual({ VALID: 3, INSUFFICIENT_SCOPE: 1 });
    expect(await groups(root, `groupBy=outcome&ownerId=${EVE}`)).toEqual({ VALID: 1, INSUFFICIENT_SCOPE: 1 });
    expect(await groups(root, `groupBy=outcome&orgId=acme&ownerId=${EVE}`)).toEqual({});
    expect(await groups(root, 'groupBy=org')).toMatchObject({ acme: 4, globex: 2 });
    expect(await groups(root, 'groupBy=owner')).toMatchObject({ [BOB]: 3, [EVE]: 2 });
    expect(await groups(root, 'groupBy=owner&orgId=acme')).toEqual({ [BOB]: 3, null: 1 });
    expect(await groups(root, `groupBy=org&ownerId=${BOB}`)).toEqual({ acme: 3 });
    for (const by of ['hour', 'day']) {
      const found = await groups(root, `groupBy=${by}&orgId=acme`);
      expect(Object.values(found).reduce((sum, each) => sum + each, 0)).toBe(4);
      for (const began of Object.keys(found)) expect(began).toMatch(/T\d\d:00:00\.000Z$/);
    }
  });

  it('adds up the requests of each key, and those of one key by outcome', async () => {
    const { bob, robot, eve } = holders;
    const all = await groups(root, 'groupBy=key');
    expect(all).toMatchObject({ [bob.key.id]: 3, [robot.key.id]: 1, [eve.key.id]: 2 });
    expect(await groups(root, `groupBy=key&ownerId=${EVE}`)).toEqual({ [eve.key.id]: 2 });
    expect(await groups(root, `groupBy=key&keyId=${bob.key.id}`)).toEqual({ [bob.key.id]: 3 });
    expect(await groups(root, `groupBy=outcome&keyId=${bob.key.id}`)).toEqual({
      VALID: 2,
      INSUFFICIENT_SCOPE: 1,
    });
    expect(await groups(root, `groupBy=day&keyId=${bob.key.id}&orgId=globex`)).toEqual({});
  });

  it('shows a caller only its own organisation, project and owner, whatever it asks for [T124]', async () => {
    const { bob, robot, eve } = holders;
    const scopes = ['api-keys:read'];
    const acme = (await holderOf({ orgId: 'acme', scopes })).client;
    expect(await groups(acme, 'groupBy=org')).toEqual({ acme: 4 });
    expect(await groups(acme, 'groupBy=org&orgId=globex')).toEqual({});
    expect(await groups(acme, 'groupBy=owner')).toEqual({ [BOB]: 3, null: 1 });
    expect(await groups(acme, `groupBy=owner&ownerId=${EVE}`)).toEqual({});
    expect(await groups(acme, 'groupBy=outcome&orgId=globex')).toEqual({});
    expect(await groups(acme, `groupBy=key`)).toEqual({ [bob.key.id]: 3, [robot.key.id]: 1 });
    const { status, text } = await usage(acme, `groupBy=outcome&keyId=${eve.key.id}`);
    const unknown = await usage(acme, `groupBy=outcome&keyId=${UNKNOWN}`);
    expect([status, text]).toEqual([404, unknown.text]);

    const bobs = (await holderOf({ ownerId: BOB, scopes })).client;
    expect(await groups(bobs, 'groupBy=owner')).toEqual({ [BOB]: 3 });
    expect(await groups(bobs, `groupBy=owner&ownerId=${EVE}`)).toEqual({});
    expect(await groups(bobs, 'groupBy=org')).toEqual({ acme: 3 });
    expect(await groups(bobs, 'groupBy=outcome&orgId=acme')).toEqual({ VALID: 2, INSUFFICIENT_SCOPE: 1 });
    expect((await usage(bobs, `groupBy=key&keyId=${robot.key.id}`)).status).toBe(404);

    const apollo = (await holderOf({ orgId: 'acme', projectId: 'apollo', scopes })).client;
    expect(await groups(apollo, 'groupBy=key')).toEqual({ [robot.key.id]: 1 });
    expect(await groups(apollo, `groupBy=outcome&keyId=${robot.key.id}`)).toEqual({ VALID: 1 });
    for (const by of ['org', 'owner', 'outcome', 'hour', 'day']) {
      const answer = await usage(apollo, `groupBy=${by}`);
      expect([by, answer.status]).toEqual([by, 400]);
      expect(answer.text).not.toMatch(/"total"|VALID/);
    }
    expect((await usage(bob.client, 'groupBy=org')).status).toBe(403);
  });

  it('keeps the sums where the key was when it was used, after the key moves to another tenant', async () => {
    const { key, client } = await holderOf({ orgId: 'before' });
    await client.get(SELF);
    expect((await root.patch(`/v1/api-keys/${key.id}`, { orgId: 'after', ownerId: EVE })).status).toBe(200);
    await client.get(SELF);
    await client.get(SELF);
    await stored();
    expect(await groups(root, 'groupBy=org')).toMatchObject({ before: 1, after: 2 });
    expect(await groups(root, 'groupBy=owner&orgId=after')).toEqual({ [EVE]: 2 });
    expect(await groups(root, `groupBy=key&keyId=${key.id}`)).toEqual({ [key.id]: 3 });
  });

  it('pages through keys, organisations and hours without a gap or a repetition', async () => {
    for (const query of ['groupBy=key', 'groupBy=org', 'groupBy=owner', 'groupBy=hour', 'groupBy=day']) {
      const whole = await groups(root, query);
      const seen: string[] = [];
      let next: string | undefined = `?${query}&limit=1`;
      for (; next !== undefined;) {
        const answer: HttpAnswer = await root.get(`/v1/usage${next}`);
        expect(answer.status).toBe(200);
        const data = answer.body['data'] as JsonObject[];
        expect(data.length).toBeLessThanOrEqual(1);
        seen.push(...data.map(({ group }) => String(group)));
        next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
        expect(next === undefined).toBe(answer.body['nextCursor'] === null);
      }
      expect([query, seen.toSorted()]).toEqual([query, Object.keys(whole).toSorted()]);
    }
  });

  it('sends NDJSON or CSV if the request prefers them', async () => {
    const lines = await usage(root, 'groupBy=org', { Accept: 'application/x-ndjson' });
    expect(lines.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const parsed = lines.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JsonObject);
    expect(parsed).toContainEqual({
      group: 'globex',
      total: 2,
      cost: 2,
      outcomes: { VALID: 1, INSUFFICIENT_SCOPE: 1 },
    });
    const table = await usage(root, 'groupBy=org', csv);
    expect(table.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(table.headers.get('vary')).toMatch(/Accept/);
    const [head = '', ...rows] = table.text.split('\r\n');
    expect(head).toMatch(/^"org","total","cost","VALID",/);
    const column = head.split(',').indexOf('"INSUFFICIENT_SCOPE"');
    const globex = rows.find((row) => row.startsWith('"globex",'))?.split(',') ?? [];
    expect([...globex.slice(0, 4), globex[column]]).toEqual(['"globex"', '2', '2', '1', '1']);
  });

  it('sends no cell that a spreadsheet runs as a formula [T123]', async () => {
    for (const orgId of ['@SUM', '-1', '-2.cmd']) await (await holderOf({ orgId })).client.get(SELF);
    await stored();
    const { text } = await usage(root, 'groupBy=org', csv);
    for (const cell of [`"'@SUM",`, `"'-1",`, `"'-2.cmd",`]) expect(text).toContain(cell);
    expect(text).not.toMatch(/(^|,)"?[=+\-@\t\r]/m);
  });

  it.each([
    ['no grouping', '', '/groupBy'],
    ['an unknown grouping', 'groupBy=secret', '/groupBy'],
    ['two groupings', 'groupBy=org&groupBy=key', '/groupBy'],
    ['a grouping of the prototype', 'groupBy=__proto__', '/groupBy'],
    ['an organisation with a slash', 'groupBy=org&orgId=acme/globex', '/orgId'],
    ['an empty organisation', 'groupBy=org&orgId=', '/orgId'],
    ['an operator as organisation', 'groupBy=org&orgId[$gt]=', '/orgId[$gt]'],
    ['an owner that is no user', 'groupBy=owner&ownerId=bob', '/ownerId'],
    ['a key id with a day', `groupBy=day&keyId=${UNKNOWN}:2027-01-01`, '/keyId'],
    ['owners of a key', `groupBy=owner&keyId=${UNKNOWN}`, '/keyId'],
    ['more than 31 days by key', 'groupBy=key&from=2027-01-01T00:00:00Z&to=2027-02-02T00:00:00Z', '/from'],
    ['more than 366 days by day', 'groupBy=day&from=2027-01-01T00:00:00Z&to=2028-01-03T00:00:00Z', '/from'],
    ['an empty span', 'groupBy=day&from=2027-01-01T00:00:00Z&to=2027-01-01T00:00:00Z', '/from'],
    ['no limit', 'groupBy=day&limit=0', '/limit'],
    ['a huge limit', 'groupBy=day&limit=1001', '/limit'],
    ['an endless limit', 'groupBy=day&limit=1e9', '/limit'],
    ['a cursor with other characters', 'groupBy=org&cursor=%00', '/cursor'],
    ['a project', 'groupBy=org&projectId=apollo', '/projectId'],
  ])('rejects %s with 400, and names the parameter', async (_what, query, field) => {
    const { status, body } = await usage(root, query);
    expect([status, body['code']]).toEqual([400, 'validation_failed']);
    expect((body['errors'] as { field: string }[]).map((error) => error.field)).toEqual([field]);
  });

  it.each([
    ['of another grouping', 'groupBy=owner', 'o1:acme'],
    ['of keys', 'groupBy=org', `k1:${UNKNOWN}`],
    ['with another alphabet', 'groupBy=org', 'o1:acme/globex'],
    ['of outcomes', 'groupBy=outcome', 'o1:acme'],
    ['before the span', 'groupBy=hour', 'h1:0'],
    ['within an hour', 'groupBy=hour', 'h1:1'],
    ['after the span', 'groupBy=day', 'd1:8640000000000000'],
    ['of one organisation', 'groupBy=org&orgId=acme', 'o1:acme'],
  ])('rejects a cursor %s with 400', async (_what, query, cursor) => {
    const encoded = Buffer.from(cursor).toString('base64url');
    const { status, body } = await usage(root, `${query}&cursor=${encoded}`);
    expect([status, body['code']]).toEqual([400, 'invalid_cursor']);
  });

  if (storage === 'mongo') {
    const run = async (...args: string[]): Promise<CommandRun> => keyward(args, { MONGODB_URI: uri });

    it('has the same figures as the command `usage`, as text, JSON and CSV', async () => {
      const text = await run('usage', '--org', 'globex');
      expect([text.code, text.stderr]).toEqual([0, '']);
      expect(text.stdout).toMatch(/^OUTCOME +TOTAL +COST +ACCEPTED +REJECTED\nVALID +1 +1 +1 +0\n/);
      const json = documentIn<JsonObject>(await run('usage', '--by', 'org', '--json'));
      expect(json).toMatchObject({ groupBy: 'org', nextCursor: null });
      expect((json['data'] as JsonObject[]).find(({ group }) => group === 'globex')).toMatchObject({
        total: 2,
      });
      const { stdout } = await run('usage', '--by', 'org', '--csv');
      expect(stdout).toContain(`"'@SUM",1,1,1,`);
      expect(stdout).toContain('\n"globex",2,2,1,');
    });

    it('names the option if the command `usage` gets a wrong value, and exits with 2', async () => {
      const ran = await run('usage', '--by', 'secret', '--org', 'a/b');
      expect([ran.code, ran.stdout]).toEqual([2, '']);
      expect(ran.stderr).toMatch(/--by must be one of key, .*--org /);
      const both = await run('usage', '--csv', '--json');
      expect(both.code).toBe(2);
    });
  }
});

describe('a row of CSV', () => {
  it.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx', '\n=1', '=HYPERLINK("http://x","y")'])(
    'quotes %j and starts it with an apostrophe [T123]',
    (cell) => {
      expect(csvRow([cell, 1])).toBe(`"'${cell.replaceAll('"', '""')}",1`);
    },
  );

  it('keeps text that is harmless, and quotes commas, quotation marks and line ends', () => {
    expect(csvRow(['acme', 'a,b', 'a"b', 'a\r\nb', -1])).toBe('"acme","a,b","a""b","a\r\nb",-1');
  });
});
