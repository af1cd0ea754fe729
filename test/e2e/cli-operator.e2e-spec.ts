import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mongoose from 'mongoose';
import { USER_REPOSITORY, type UserRepository } from '../../src/users/storage/user.repository';
import { documentIn, keyward } from '../support/command-line';
import { exportedKey } from '../support/import-command';
import { foreignKey } from '../support/foreign-keys';
import { freePort } from '../support/free-port';
import { runNode } from '../support/node-process';
import { startService } from '../support/service';
import { storedKey } from '../support/stored-key';
import { startTcpProxy } from '../support/tcp-proxy';
import { testDatabaseUri } from '../support/test-database';
import { aUser } from '../support/user-fixtures';

describe('an operator whose database is unreachable', () => {
  it.each([['closed port'], ['hanging server']])(
    'gets exit code 4 and one storage_unavailable error: %s',
    async (how) => {
      const target = new URL(testDatabaseUri());
      const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port) });
      proxy.hang();
      const port = how === 'closed port' ? await freePort() : proxy.port;
      const ran = await keyward(['keys', 'list', '--json'], {
        MONGODB_URI: `mongodb://root:hunter2@127.0.0.1:${port}/keyward`,
        MONGODB_CONNECT_TIMEOUT_MS: '500',
      });
      await proxy.close();
      expect([ran.code, documentIn(ran)['error']]).toEqual([
        4,
        expect.objectContaining({ code: 'storage_unavailable' }),
      ]);
      expect(ran.stderr).toMatch(/^keyward: MongoDB could not be reached[^\n]*\n$/);
      expect(ran.stderr + ran.stdout).not.toContain('hunter2');
    },
  );

  it('gets exit code 4 if the database becomes unreachable during an import', async () => {
    const uri = new URL(testDatabaseUri());
    const proxy = await startTcpProxy({ host: uri.hostname, port: Number(uri.port) });
    uri.port = String(proxy.port);
    const folder = await mkdtemp(join(tmpdir(), 'keyward-cli-'));
    const pipe = join(folder, 'keys.ndjson');
    await promisify(execFile)('mkfifo', [pipe]);

    const cli = runNode(['dist/cli.js', 'import', pipe], { MONGODB_URI: uri.href });
    // Opens as soon as the command reads, which it does after it has connected.
    const file = await open(pipe, 'w');
    proxy.hang();
    await file.write(`${JSON.stringify(exportedKey(foreignKey().hash))}\n`);
    await file.close();
    expect(await cli.exited()).toBe(4);
    await proxy.close();
    await rm(folder, { recursive: true });
    expect([cli.stdout(), cli.stderr()]).toEqual([
      '',
      expect.stringMatching(/^keyward: [^\n]*cannot be reached[^\n]*\n$/),
    ]);
  });
});

describe('a CLI command', () => {
  it('has no side effects on the database: no index, no heartbeat, no collection', async () => {
    const uri = testDatabaseUri('cli-quiet');
    const ran = await keyward(['keys', 'list', '--json'], { MONGODB_URI: uri });
    expect(documentIn(ran)).toEqual({ data: [], nextCursor: null });
    const connection = await mongoose.createConnection(uri).asPromise();
    expect(await connection.listCollections()).toEqual([]);
    await connection.close();
  });

  it('does not run the startup tasks of the service', async () => {
    const uri = testDatabaseUri('cli-start');
    const service = await startService('mongo', { MONGODB_URI: uri });
    const user = aUser();
    await service.app.get<UserRepository>(USER_REPOSITORY).insert(user);
    const { key } = await service.issue({ name: 'owned', orgId: 'acme', ownerId: user.id });
    const other = await service.issue({ name: 'other', orgId: 'globex' });
    const connection = await mongoose.createConnection(uri).asPromise();
    await connection
      .collection<{ _id: string }>('users')
      .updateOne({ _id: user.id }, { $set: { removalPending: true } });
    await connection.close();

    const ran = await keyward(['keys', 'show', other.key.id], { MONGODB_URI: uri });
    expect(ran.code).toBe(0);
    expect((await storedKey(service, key.id)).revokedAt).toBeUndefined();
    await service.stop();
  });
});

describe('an operator without a database', () => {
  it.each(['keys list', 'indexes check', 'create-root-key'])(
    'gets exit code 5 because memory storage is lost when the command ends: %s',
    async (command) => {
      const ran = await keyward([...command.split(' '), '--json'], { NODE_ENV: 'test' });
      expect([ran.code, documentIn(ran)['error']]).toEqual([
        5,
        expect.objectContaining({ code: 'configuration_refused' }),
      ]);
      expect(ran.stderr).toMatch(/^keyward: memory storage is lost when this command ends.*\n$/);
    },
  );
});
