import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyward } from '../support/command-line';
import { HttpClient } from '../support/http-client';
import { runBuiltService, runNode } from '../support/node-process';
import { testDatabaseUri } from '../support/test-database';

describe('an operator at the command line', () => {
  it.each(['--version', '-V'])('sees the version and nothing else with %s', async (option) => {
    const { version } = JSON.parse(await readFile(join(__dirname, '../../package.json'), 'utf8')) as {
      readonly version: string;
    };
    expect(await keyward([option])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('can create several root keys in MongoDB storage, and the service accepts each', async () => {
    const environment = { NODE_ENV: 'production', MONGODB_URI: testDatabaseUri() };
    const tokens: string[] = [];
    for (const name of ['first', 'second']) {
      const cli = runNode(['dist/cli.js', 'create-root-key', '--name', name], environment);
      expect(await cli.exited()).toBe(0);
      expect(cli.stdout()).toMatch(/^kw_[0-9a-z]{26}_[0-9A-Za-z]{49}\n$/);
      expect(cli.stderr()).not.toContain(cli.stdout().trim());
      tokens.push(cli.stdout().trim());
    }
    const service = await runBuiltService(environment);
    for (const token of tokens) {
      const self = await new HttpClient(service.url, token).get('/v1/api-keys/self');
      expect(self.body).toMatchObject({ scopes: ['*'], createdBy: 'cli', expiresAt: null });
    }
    expect(service.stderr() + service.stdout()).not.toContain('root key');
    await service.stop();
  });

  it('can create a root key that never expires, even if API_KEY_MAX_TTL_DAYS limits other keys', async () => {
    const environment = { MONGODB_URI: testDatabaseUri(), API_KEY_MAX_TTL_DAYS: '1' };
    const cli = runNode(['dist/cli.js', 'create-root-key'], environment);
    expect(await cli.exited()).toBe(0);
    const service = await runBuiltService(environment);
    const root = new HttpClient(service.url, cli.stdout().trim());
    const made = await root.post('/v1/api-keys', { name: 'n', scopes: [] });
    const life = Date.parse(String(made.body['expiresAt'])) - Date.parse(String(made.body['createdAt']));
    expect(life).toBe(86_400_000);
    const long = await root.post('/v1/api-keys', {
      name: 'n',
      scopes: [],
      expiresAt: '2099-01-01T00:00:00Z',
    });
    expect([long.status, long.body['code']]).toEqual([400, 'validation_failed']);
    expect((await root.post('/v1/api-keys', { name: 'n', scopes: [], expiresAt: null })).status).toBe(400);
    await service.stop();
  });

  it('gets exit code 5 because a root key in memory storage is lost when the command ends', async () => {
    const cli = runNode(['dist/cli.js', 'create-root-key'], { NODE_ENV: 'development' });
    expect(await cli.exited()).toBe(5);
    expect(cli.stdout()).toBe('');
    expect(cli.stderr()).toMatch(/^keyward: memory storage is lost when this command ends.*\n$/);
  });
});
