import mongoose, { type Connection } from 'mongoose';
import type { IndexReport } from '../../src/cli/indexes/index-report';
import { type CommandRun, documentIn, keyward } from '../support/command-line';
import { startService } from '../support/service';
import { testDatabaseUri } from '../support/test-database';

interface Report {
  readonly ok: boolean;
  readonly collections: readonly IndexReport[];
}

const uri = testDatabaseUri('cli-indexes');
let connection: Connection;

const run = async (...args: string[]): Promise<CommandRun> =>
  keyward(['indexes', ...args], { MONGODB_URI: uri });
const names = (indexes: readonly { readonly name: string }[] = []): string[] =>
  indexes.map(({ name }) => name);

beforeAll(async () => {
  connection = await mongoose.createConnection(uri).asPromise();
});
afterAll(async () => connection.close());

describe('an operator who runs keyward indexes', () => {
  it('sees every index of an empty database as missing, and check creates none', async () => {
    const ran = await run('check', '--json');
    const { ok, collections } = documentIn<Report>(ran);
    expect([ran.code, ok, ran.stderr]).toEqual([1, false, '']);
    const users = collections.find(({ collection }) => collection === 'users');
    expect(users?.missing).toContainEqual({
      name: 'username_1',
      key: { username: 1 },
      unique: true,
      sparse: true,
    });
    expect(collections.flatMap(({ present }) => present)).toEqual([]);
    expect(await connection.listCollections()).toEqual([]);
  });

  it('can run build repeatedly, and check then reports no missing index', async () => {
    for (const verb of ['build', 'build', 'check']) {
      const ran = await run(verb);
      expect([ran.code, ran.stderr]).toEqual([0, '']);
      expect(ran.stdout).toMatch(/^api_keys +orgId_1__id_1 +present$/m);
      expect(ran.stdout).toMatch(/^users +username_1 unique sparse +present$/m);
    }
  });

  it('sees which indexes are missing or extra, and build keeps the extra ones', async () => {
    await connection.collection('api_keys').dropIndex('orgId_1__id_1');
    await connection.collection('api_keys').createIndex({ name: 1 });
    const checked = await run('check', '--json');
    const [apiKeys] = documentIn<Report>(checked).collections;
    expect([checked.code, names(apiKeys?.missing), apiKeys?.extra]).toEqual([
      1,
      ['orgId_1__id_1'],
      ['name_1'],
    ]);
    const built = await run('build');
    expect(built.code).toBe(0);
    expect(built.stdout).toMatch(/^api_keys +name_1 +extra/m);
  });

  it('sees an index with the right fields but wrong options as both missing and extra', async () => {
    await connection.collection('api_key_usage').dropIndex('day_1');
    await connection.collection('api_key_usage').createIndex({ day: 1 });
    const checked = await run('check', '--json');
    const usage = documentIn<Report>(checked).collections.find(
      ({ collection }) => collection === 'api_key_usage',
    );
    expect([checked.code, names(usage?.missing), usage?.extra]).toEqual([1, ['day_1'], ['day_1']]);
  });

  it('sees no missing and no extra index in any collection after the service has started', async () => {
    const own = testDatabaseUri('cli-indexes-service');
    const service = await startService('mongo', { MONGODB_URI: own });
    const ran = await keyward(['indexes', 'check', '--json'], { MONGODB_URI: own });
    await service.stop();
    const { ok, collections } = documentIn<Report>(ran);
    expect([ran.code, ok, collections.flatMap(({ extra }) => extra)]).toEqual([0, true, []]);
    const there = await mongoose.createConnection(own).asPromise();
    const made = await there.listCollections();
    const indexed = await Promise.all(
      made.map(async ({ name }) => ((await there.collection(name).indexes()).length > 1 ? [name] : [])),
    );
    await there.close();
    expect(collections.map(({ collection }) => collection).toSorted()).toEqual(indexed.flat().toSorted());
  });
});
