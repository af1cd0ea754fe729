import { type CommandRun, documentIn, keyward } from '../support/command-line';
import type { HttpClient, JsonObject } from '../support/http-client';
import { startService, type TestService } from '../support/service';
import { testDatabaseUri } from '../support/test-database';
import { pageIn } from '../support/user-service';
import { eventually } from '../support/patience';

const uri = testDatabaseUri('cli-policies');
let service: TestService;
let root: HttpClient;

const run = async (...args: string[]): Promise<CommandRun> =>
  keyward(['policies', ...args], { MONGODB_URI: uri });

beforeAll(async () => {
  service = await startService('mongo', { MONGODB_URI: uri });
  root = service.as(service.root.token);
});
afterAll(async () => service.stop());

it('an operator sets, shows, suspends, resumes and deletes a policy', async () => {
  const set = await run(
    ...'set org:acme --allowed-scopes memory:read memory:write --max-keys 50'.split(' '),
    ...'--rate-limit per-minute=100/60 per-day=5000/86400 --json'.split(' '),
  );
  expect([set.code, set.stderr]).toEqual([0, '']);
  expect(documentIn(set)).toMatchObject({
    id: 'org:acme',
    status: 'active',
    allowedScopes: ['memory:read', 'memory:write'],
    maxKeys: 50,
    rateLimits: [
      { name: 'per-minute', limit: 100, windowSeconds: 60 },
      { name: 'per-day', limit: 5000, windowSeconds: 86_400 },
    ],
    version: 1,
  });
  expect((await root.get('/v1/policies/orgs/acme')).body).toEqual(documentIn(set));

  const changed = await run('set', 'org:acme', '--clear', 'rate-limits', '--allow-no-scope', '--json');
  expect(documentIn(changed)).toMatchObject({ rateLimits: [], allowedScopes: [], maxKeys: 50, version: 2 });

  expect((await run('suspend', 'org:acme', '--reason', 'unpaid')).stdout).toMatch(/^status +suspended$/m);
  const refused = await run('delete', 'org:acme', '--json');
  expect([refused.code, documentIn(refused)['error']]).toMatchObject([1, { code: 'policy_suspended' }]);
  expect((await run('resume', 'org:acme')).stdout).toMatch(/^reason +-$/m);

  const shown = await run('show', 'org:acme', '--history', '--json');
  const { history } = documentIn<{ history: { data: readonly JsonObject[] } }>(shown);
  expect(history.data.map(({ by, action, reason }) => [by, action, reason])).toEqual([
    ['cli', 'created', null],
    ['cli', 'updated', null],
    ['cli', 'updated', 'unpaid'],
    ['cli', 'updated', null],
  ]);
  expect((await run('show', 'org:acme', '--history')).stdout).toMatch(/ cli +3 +status reason +unpaid$/m);

  expect(documentIn(await run('delete', 'org:acme', '--json'))).toEqual({ id: 'org:acme', deleted: true });
  expect((await run('show', 'org:acme')).code).toBe(3);

  const events = await eventually(
    async () => pageIn(await root.get('/v1/events?orgId=acme')),
    (found) => found.length >= 5,
  );
  expect(events.map(({ type, actor }) => [type, actor]).toReversed()).toEqual([
    ['policy.changed', 'cli'],
    ['policy.changed', 'cli'],
    ['policy.suspended', 'cli'],
    ['policy.resumed', 'cli'],
    ['policy.changed', 'cli'],
  ]);
});

it('an operator suspends an owner that has no policy yet', async () => {
  const { code, stdout } = await run('suspend', 'owner:01jd8x4k2m6n8p0q2r4s6t8v0w', '--json');
  expect([code, (JSON.parse(stdout) as JsonObject)['status']]).toEqual([0, 'suspended']);
});

it.each([
  ['a policy of another kind', ['show', 'project:acme'], 2],
  ['a malformed organisation', ['set', 'org:a b', '--max-keys', '1'], 2],
  ['no rule', ['set', 'org:globex'], 2],
  ['no key at all', ['set', 'org:globex', '--max-keys', '0'], 2],
  ['a malformed limit', ['set', 'org:globex', '--rate-limit', '100/60'], 2],
  ['a scope that is none', ['set', 'org:globex', '--allowed-scopes', 'Memory'], 2],
  ['scopes and no scope', ['set', 'org:globex', '--allowed-scopes', 'a', '--allow-no-scope'], 2],
  ['an unknown rule to clear', ['set', 'org:globex', '--clear', 'status'], 2],
  ['a rule to set and to clear', ['set', 'org:globex', '--max-keys', '1', '--clear', 'max-keys'], 2],
  ['a suspension of the default policy', ['suspend', 'default'], 2],
  ['a policy to resume that does not exist', ['resume', 'org:globex'], 3],
  ['a policy to delete that does not exist', ['delete', 'org:globex'], 3],
])('rejects %s and stores nothing', async (_what, args, code) => {
  const ran = await run(...args, '--json');
  expect([ran.code, Object.keys(documentIn(ran))]).toEqual([code, ['error']]);
  for (const path of ['orgs/globex', 'default'])
    expect((await root.get(`/v1/policies/${path}`)).status).toBe(404);
});
