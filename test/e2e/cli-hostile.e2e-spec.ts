import { execFile } from 'node:child_process';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { type CommandRun, documentIn, keyward } from '../support/command-line';
import { ALICE } from '../../src/testing/contract/key-fixtures';
import { startService, type TestService } from '../support/service';
import { storedKey } from '../support/stored-key';
import { testDatabaseUri } from '../support/test-database';

const uri = testDatabaseUri('cli-hostile');
const TOKEN = `kw_01jd8x4k2m6n8p0q2r4s6t8v0w_${'s'.repeat(43)}abc123`;
let service: TestService;

const run = async (...args: string[]): Promise<CommandRun> => keyward(args, { MONGODB_URI: uri });

beforeAll(async () => {
  service = await startService('mongo', { MONGODB_URI: uri });
});
afterAll(async () => service.stop());

/** Expects one line of text for the operator and one JSON document for a program. */
function expectRefusal(ran: CommandRun, exitCode: number, code: string): void {
  expect([ran.code, documentIn(ran)['error']]).toEqual([
    exitCode,
    { code, message: expect.any(String) as string },
  ]);
  expect(ran.stderr).toMatch(/^keyward: [^\n]{1,2100}\n$/);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  expect(ran.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(ran.stderr + ran.stdout).not.toMatch(/hunter2|s{43}|    at /);
}

describe('an operator who passes invalid arguments', () => {
  it.each([
    [
      'MongoDB operators as an organisation',
      [
        ['keys', 'list', '--org', '{"$ne":null}'],
        ['keys', 'list', '--org=[$gt]='],
      ],
    ],
    [
      'a missing organisation',
      [
        ['keys', 'list', '--org', ''],
        ['keys', 'list', '--project', 'apollo'],
      ],
    ],
    [
      'control characters',
      [
        ['keys', 'list', '--org', 'acme\u001b[2J'],
        ['keys', 'revoke', 'x', '--yes', '--reason', '\u0007'],
      ],
    ],
    [
      'invalid numbers',
      [
        ['keys', 'list', '--limit', '1e3'],
        ['keys', 'list', '--limit', '101'],
      ],
    ],
    [
      'an invalid grace period',
      [
        ['keys', 'rotate', 'x', '--grace', '604801'],
        ['keys', 'rotate', 'x', '--grace', '-1'],
      ],
    ],
    [
      'invalid statuses and owners',
      [
        ['keys', 'list', '--status', 'ACTIVE'],
        ['keys', 'list', '--owner', 'root'],
      ],
    ],
    [
      'an invalid cursor, and --all with --limit',
      [
        ['keys', 'list', '--cursor', '{}'],
        ['keys', 'list', '--all', '--limit', '3'],
      ],
    ],
    [
      'an empty name and a name of 100,000 characters',
      [
        ['create-root-key', '--name', ' '],
        ['create-root-key', '--name', 'x'.repeat(100_000)],
      ],
    ],
    ['unexpected secrets', [['keys', 'list', `--token=${TOKEN}`], ['mongodb://root:hunter2@db']]],
    [
      'a missing id and two ids',
      [
        ['keys', 'show'],
        ['keys', 'show', TOKEN, TOKEN],
      ],
    ],
  ])('gets a usage error with exit code 2: %s', async (_name, calls) => {
    for (const ran of await Promise.all(calls.map(async (args) => run(...args, '--json')))) {
      expectRefusal(ran, 2, 'usage');
    }
  });

  it('gets the usage text if the command is missing', async () => {
    const [bare, group, help] = await Promise.all([run(), run('keys'), run('keys', 'list', '--help')]);
    expect([bare.code, group.code, help.code]).toEqual([2, 2, 0]);
    expect(bare.stderr).toContain('Exit codes:');
    expect([bare.stdout, group.stdout, help.stderr]).toEqual(['', '', '']);
    expect(help.stdout).toContain('--status');
  });
});

describe('an operator who names an unknown key', () => {
  it('gets exit code 3, even if a user or another document has this id', async () => {
    await service.owner(ALICE);
    const { key } = await service.issue({ name: 'used', orgId: 'acme' });
    const connection = await mongoose.createConnection(uri).asPromise();
    const documents = connection.collection<{ _id: string }>('api_key_usage');
    await documents.insertOne({ _id: `${key.id}:2026-11-25` });
    await connection.close();

    const ids = [
      ALICE,
      `${key.id}:2026-11-25`,
      '#hb:x',
      TOKEN,
      '{"$gt":""}',
      'x'.repeat(100_000),
      key.id.toUpperCase(),
    ];
    for (const id of ids) {
      const ran = await run('keys', 'show', '--json', '--', id);
      expect(ran.code).toBe(3);
      expect(ran.stderr).toBe('keyward: There is no key with this id.\n');
      expect(ran.stderr).not.toContain('s'.repeat(43));
    }
    const revoked = await run('keys', 'revoke', '01jd8x4k2m6n8p0q2r4s6t8v0w', '--yes', '--json');
    expectRefusal(revoked, 3, 'not_found');
  });
});

/** Runs shell commands and returns their standard error. */
const piped = async (commands: string): Promise<string> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', MONGODB_URI: uri, NODE: process.execPath };
    execFile('sh', ['-c', commands], { env, cwd: join(__dirname, '../..') }, (_error, _out, err) =>
      resolve(err),
    );
  });

describe('an operator whose output cannot be written', () => {
  it('gets exit code 0 for a list if the reader closes the pipe', async () => {
    const err = await piped('{ "$NODE" dist/cli.js keys list --all; echo "code $?" >&2; } | true');
    expect(err).toBe('code 0\n');
  });

  it.each([
    ['a closed pipe', '| true'],
    ['a full disk', '> /dev/full'],
  ])('gets exit code 1 and an error that says the new token is lost: %s', async (_name, where) => {
    const { key } = await service.issue({ name: 'job', orgId: 'acme' });
    const err = await piped(`{ "$NODE" dist/cli.js keys rotate ${key.id}; echo "code $?" >&2; } ${where}`);
    expect(err).toMatch(/keyward: the token of \w+ could not be written and is lost: rotate .*\ncode 1\n$/);
    expect((await storedKey(service, key.id)).version).toBe(2);
  });
});
