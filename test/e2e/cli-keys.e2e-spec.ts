import { type ApiKey, API_KEY_REPOSITORY, type ApiKeyRepository, type ApiKeyWithHistory } from 'keyward';
import { recordChange } from '../../src/api-keys/domain/key-change';
import type { ApiKeyPageDto } from '../../src/api-keys/management/dto/api-key.dto';
import { type CommandRun, documentIn, keyward } from '../support/command-line';
import { startService, type TestService } from '../support/service';
import { storedKey } from '../support/stored-key';
import { testDatabaseUri } from '../support/test-database';

const uri = testDatabaseUri('cli-keys');
const OWNER = '01hq0000000000000000a11ce0';
const HOSTILE_NAME = '\u001b[2J\u009b1m\u202e\nacme';
const NATIVE_TOKEN = /^kw_[0-9a-z]{26}_[0-9A-Za-z]{49}\n$/;
let service: TestService;
const keys: Record<'acme' | 'globex' | 'revoked' | 'hostile', { key: ApiKey; token: string }> = {} as never;

const run = async (...args: string[]): Promise<CommandRun> => keyward(args, { MONGODB_URI: uri });
const idsIn = (ran: CommandRun): string[] => documentIn<ApiKeyPageDto>(ran).data.map(({ id }) => id);

beforeAll(async () => {
  service = await startService('mongo', { MONGODB_URI: uri });
  await service.owner(OWNER);
  keys.acme = await service.issue({ name: 'ingest', scopes: ['memory:read'], orgId: 'acme', ownerId: OWNER });
  keys.globex = await service.issue({
    name: 'reader',
    scopes: ['memory:*'],
    orgId: 'globex',
    projectId: 'apollo',
    externalId: 'cust-7',
  });
  keys.revoked = await service.issue({ name: 'old', orgId: 'globex' });
  await service.as(service.root.token).delete(`/v1/api-keys/${keys.revoked.key.id}?reason=done`);
  keys.hostile = await service.issue({ name: 'plain', orgId: 'hostile' });
  // No client can create such a name, but another program could write it.
  const repository = service.app.get<ApiKeyRepository>(API_KEY_REPOSITORY);
  const hostile: ApiKeyWithHistory = {
    ...keys.hostile.key,
    history: [],
    historyDropped: 0,
    name: HOSTILE_NAME,
  };
  const change = { action: 'updated', by: 'system', fields: ['name'] } as const;
  await repository.replace(recordChange(hostile, new Date(), change));
});
afterAll(async () => service.stop());

/** Expects no hash and no token of any key in either stream. */
async function expectNothingSecret({ stdout, stderr }: CommandRun): Promise<void> {
  for (const { key, token } of [...Object.values(keys), service.root]) {
    const { secrets } = await storedKey(service, key.id);
    for (const { hash } of secrets) expect(stdout + stderr).not.toContain(hash);
    expect(stdout + stderr).not.toContain(token.slice(-49));
  }
}

describe('an operator who lists keys', () => {
  it('sees the keys of both tenants in a table, newest first, without secrets', async () => {
    const ran = await run('keys', 'list');
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    const [head = '', ...rows] = ran.stdout.trimEnd().split('\n');
    expect(head).toMatch(/^ID +NAME +STATUS +ORG +PROJECT +SCOPES +EXPIRES +LAST USED$/);
    expect(rows.map((row) => row.split(/ +/)[0])).toEqual([
      keys.hostile.key.id,
      keys.revoked.key.id,
      keys.globex.key.id,
      keys.acme.key.id,
      service.root.key.id,
    ]);
    expect(rows[2]).toMatch(/ reader +active +globex +apollo +memory:\* +- +-$/);
    await expectNothingSecret(ran);
  });

  it('sees one line for each key, with escaped control characters in names', async () => {
    const table = await run('keys', 'list', '--org', 'hostile');
    expect(table.stdout).toContain('\\u001b[2J\\u009b1m\\u202e\\u000a');
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(table.stdout + table.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(table.stdout.split('\n')).toHaveLength(3);

    const shown = await run('keys', 'show', keys.hostile.key.id, '--json');
    expect(shown.stdout).not.toMatch(/[\u007f-\u009f\u202e]/);
    expect(documentIn(shown)['name']).toBe(HOSTILE_NAME);
  });

  it('can filter by tenant, owner and status, and sees only matching keys', async () => {
    const org = await run('keys', 'list', '--json', '--org', 'acme');
    const project = await run('keys', 'list', '--json', '--org', 'globex', '--project', 'apollo');
    const owner = await run('keys', 'list', '--json', '--owner', OWNER);
    const status = await run('keys', 'list', '--json', '--status', 'revoked');
    const none = await run('keys', 'list', '--json', '--org', 'acme', '--project', 'apollo');
    expect(idsIn(org)).toEqual([keys.acme.key.id]);
    expect(idsIn(project)).toEqual([keys.globex.key.id]);
    expect(idsIn(owner)).toEqual([keys.acme.key.id]);
    expect(idsIn(status)).toEqual([keys.revoked.key.id]);
    expect(documentIn(none)).toEqual({ data: [], nextCursor: null });
  });

  it('can filter the keys of a customer by external id', async () => {
    const ran = await run('keys', 'list', '--json', '--external-id', 'cust-7');
    expect(idsIn(ran)).toEqual([keys.globex.key.id]);
    const malformed = await run('keys', 'list', '--external-id', 'cust 7');
    expect([malformed.code, malformed.stderr]).toEqual([
      2,
      expect.stringContaining('--external-id must be 1 to 128'),
    ]);
  });

  it('can continue a list with --cursor, and gets the complete list with --all', async () => {
    const first = await run('keys', 'list', '--limit', '2');
    const [, cursor = ''] = /--cursor (\S+)\n$/.exec(first.stderr) ?? [];
    const rest = await run('keys', 'list', '--json', '--cursor', cursor);
    const all = await run('keys', 'list', '--json', '--all');
    expect(idsIn(rest)).toEqual([keys.globex.key.id, keys.acme.key.id, service.root.key.id]);
    expect(idsIn(all)).toHaveLength(5);
    expect(documentIn(all)['nextCursor']).toBeNull();
    await expectNothingSecret(all);
  });
});

describe('an operator who shows a key', () => {
  it('sees the same fields as in the HTTP API, and the history', async () => {
    const { id } = keys.acme.key;
    const ran = await run('keys', 'show', id, '--history', '--json');
    const { history, ...shown } = documentIn(ran);
    const overHttp = await service.as(service.root.token).get(`/v1/api-keys/${id}`);
    expect(shown).toEqual(overHttp.body);
    expect(history).toMatchObject({ data: [{ action: 'created', by: 'system', version: 1 }], dropped: 0 });
    await expectNothingSecret(ran);
  });

  it('sees the fields and the history as text', async () => {
    const ran = await run('keys', 'show', keys.revoked.key.id, '--history');
    expect(ran.stdout).toMatch(/^status +revoked$/m);
    expect(ran.stdout).toMatch(/^\S+Z +revoked +key:\w+ +2 +- +done$/m);
    await expectNothingSecret(ran);
  });
});

describe('an operator who revokes a key', () => {
  it('gets a usage error if there is neither a terminal nor --yes', async () => {
    const { key } = await service.issue({ name: 'kept', orgId: 'acme' });
    const ran = await run('keys', 'revoke', key.id, '--reason', 'leaked', '--json');
    expect([ran.code, documentIn(ran)['error']]).toEqual([2, expect.objectContaining({ code: 'usage' })]);
    expect(ran.stderr).toMatch(/^keyward: .*--yes.*\n$/);
    expect((await storedKey(service, key.id)).revokedAt).toBeUndefined();
  });

  it('revokes only this key, and its history names cli as the actor', async () => {
    const doomed = await service.issue({ name: 'doomed', orgId: 'acme' });
    const other = await service.issue({ name: 'other', orgId: 'globex' });
    const ran = await run('keys', 'revoke', doomed.key.id, '--reason', 'leaked in a log', '--yes', '--json');
    expect(ran.code).toBe(0);
    expect(documentIn(ran)).toMatchObject({
      status: 'revoked',
      revokedBy: 'cli',
      revokedReason: 'leaked in a log',
    });
    const refused = await service.as(doomed.token).get('/v1/api-keys/self');
    expect([refused.status, refused.body['code']]).toEqual([401, 'key_revoked']);
    expect((await service.as(other.token).get('/v1/api-keys/self')).status).toBe(200);
    expect((await storedKey(service, doomed.key.id)).history.at(-1)).toMatchObject({
      action: 'revoked',
      by: 'cli',
      reason: 'leaked in a log',
    });

    const again = await run('keys', 'revoke', doomed.key.id, '--yes');
    expect([again.code, again.stdout]).toEqual([0, `${doomed.key.id} is revoked\n`]);
    expect((await storedKey(service, doomed.key.id)).revokedReason).toBe('leaked in a log');
  });
});

describe('an operator who rotates a key', () => {
  it('gets the new token on standard output, and the previous one works during the grace period', async () => {
    const { key, token } = await service.issue({ name: 'job', orgId: 'globex', scopes: ['a:b'] });
    const ran = await run('keys', 'rotate', key.id, '--grace', '3600');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(NATIVE_TOKEN);
    expect(ran.stderr).toMatch(/^keyward: rotated \w+; the previous token works until \S+Z; .*\n$/);
    expect(ran.stderr).not.toContain(ran.stdout.trim().slice(-49));
    for (const each of [token, ran.stdout.trim()]) {
      const { body } = await service.as(each).get('/v1/api-keys/self');
      expect(body).toMatchObject({ id: key.id, orgId: 'globex' });
    }

    const again = await run('keys', 'rotate', key.id, '--json');
    expect(again.stderr).toContain('; the previous token no longer works; ');
    const { token: newest, ...shown } = documentIn<{ token: string }>(again);
    expect(`${newest}\n`).toMatch(NATIVE_TOKEN);
    expect(shown).toMatchObject({ id: key.id, version: 3, status: 'active' });
    expect((await service.as(newest).get('/v1/api-keys/self')).status).toBe(200);
    const { history } = await storedKey(service, key.id);
    expect(history.map(({ action, by }) => `${action} by ${by}`)).toEqual([
      'created by system',
      'rotated by cli',
      'rotated by cli',
    ]);
  });

  it('gets exit code 1 and the error revoked_key_unchangeable for a revoked key', async () => {
    const ran = await run('keys', 'rotate', keys.revoked.key.id, '--json');
    expect(ran.code).toBe(1);
    expect(documentIn(ran)['error']).toMatchObject({ code: 'revoked_key_unchangeable' });
    expect(ran.stderr).toMatch(/^keyward: A revoked key cannot be changed.*\n$/);
  });
});
