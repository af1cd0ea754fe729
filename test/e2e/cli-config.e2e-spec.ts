import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Environment } from '../../src/settings/environment';
import { documentIn, keyward } from '../support/command-line';
import { freePort } from '../support/free-port';
import { testDatabaseUri } from '../support/test-database';

interface Checked {
  readonly ok: boolean;
  readonly faults: readonly string[];
  readonly storage: string | null;
  readonly settings: readonly {
    readonly name: string;
    readonly value: string | null;
    readonly source: string;
  }[];
  readonly connections: readonly {
    readonly system: string;
    readonly ok: boolean;
    readonly reason: string | null;
  }[];
}

const SECRETS = {
  MONGODB_URI: 'mongodb://root:hunter2@db.acme.example:27017/keyward?authSource=admin',
  REDIS_URL: 'rediss://:hunter2@cache.acme.example:6379',
};

describe('an operator who runs keyward config check', () => {
  it('sees every setting that the service would use, without passwords', async () => {
    const env = { ...SECRETS, NODE_ENV: 'production', PORT: '8080', TRUST_PROXY: '10.0.0.0/8, ::1' };
    const [json, text] = await Promise.all([
      keyward(['config', 'check', '--json'], env),
      keyward(['config', 'check'], env),
    ]);
    const { settings, ...rest } = documentIn<Checked>(json);
    expect([json.code, rest]).toEqual([0, { ok: true, faults: [], storage: 'mongo', connections: [] }]);
    expect(settings.map(({ name }) => name)).toEqual(Object.keys(new Environment()));
    expect(settings).toContainEqual({ name: 'PORT', value: '8080', source: 'environment' });
    expect(settings).toContainEqual({ name: 'API_KEY_PREFIXES', value: 'kw', source: 'default' });
    expect(text.stdout).toMatch(/^TRUST_PROXY +10\.0\.0\.0\/8,::1 +environment$/m);
    expect(text.stdout).toMatch(
      /^MONGODB_URI +mongodb:\/\/\*\*\*@db\.acme\.example:27017\/keyward\?… +environment$/m,
    );
    expect(json.stdout + json.stderr + text.stdout + text.stderr).not.toContain('hunter2');
  });

  it('sees each fault on a separate line, without passwords', async () => {
    const env = {
      PORT: '99999',
      LOG_LEVEL: 'loud\u001b[2J',
      MONGODB_URI: 'http://root:hunter2@db',
      OIDC_ISSUER: 'https://root:hunter2@id.acme.example',
    };
    const ran = await keyward(['config', 'check', '--json'], env);
    const { ok, faults } = documentIn<Checked>(ran);
    expect([ran.code, ok, ran.stderr]).toEqual([5, false, '']);
    expect(faults).toHaveLength(5);
    const text = await keyward(['config', 'check'], env);
    expect([text.code, text.stderr]).toEqual([5, faults.map((fault) => `keyward: ${fault}\n`).join('')]);
    expect(text.stderr).toContain('keyward: PORT is "99999": use a port number from 0 to 65535.\n');
    expect(ran.stdout + text.stdout + text.stderr).not.toContain('hunter2');
  });

  it('sees a fault, with exit code 5, for a webhook address in a private network', async () => {
    const env = {
      ...SECRETS,
      WEBHOOK_URL: 'https://10.0.0.7/hooks',
      WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    };
    const [refused, permitted] = await Promise.all([
      keyward(['config', 'check', '--json'], env),
      keyward(['config', 'check', '--json'], { ...env, WEBHOOK_ALLOW_PRIVATE: 'true' }),
    ]);
    expect([refused.code, documentIn<Checked>(refused).faults]).toEqual([
      5,
      [
        expect.stringMatching(
          /^events\.webhook\.url is an address in a private network: .*WEBHOOK_ALLOW_PRIVATE/,
        ),
      ],
    ]);
    expect([permitted.code, documentIn<Checked>(permitted).faults]).toEqual([0, []]);
  });

  it.each(['::ffff:0.0.0.0/96', '10', '10.0.0.1/8'])(
    'sees a fault, with exit code 5, for TRUST_PROXY=%s',
    async (proxy) => {
      const ran = await keyward(['config', 'check', '--json'], { NODE_ENV: 'test', TRUST_PROXY: proxy });
      expect([ran.code, documentIn<Checked>(ran).faults]).toEqual([
        5,
        [expect.stringMatching(/^TRUST_PROXY contains /)],
      ]);
    },
  );

  it('sees all faults at once, including memory storage in production', async () => {
    const ran = await keyward(['config', 'check', '--json'], {
      NODE_ENV: 'production',
      PORT: 'abc',
      TRUST_PROXY: '0.0.0.0/0',
    });
    expect(documentIn<Checked>(ran).faults).toEqual([
      expect.stringMatching(/^PORT is "abc"/),
      expect.stringContaining('memory storage of API keys would lose every record'),
      expect.stringMatching(/^TRUST_PROXY contains /),
    ]);
  });

  it('sees a fault, with exit code 5, for memory storage in production, but not in test', async () => {
    const [refused, permitted] = await Promise.all([
      keyward(['config', 'check', '--json'], { NODE_ENV: 'production' }),
      keyward(['config', 'check', '--json'], { NODE_ENV: 'test' }),
    ]);
    expect([refused.code, documentIn<Checked>(refused).faults.join()]).toEqual([
      5,
      expect.stringContaining('memory storage of API keys would lose every record'),
    ]);
    expect([permitted.code, documentIn<Checked>(permitted).storage]).toEqual([0, 'memory']);
  });

  it('sees the settings from .env in the working directory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyward-config-'));
    await writeFile(join(folder, '.env'), 'PORT=4567\nSTORAGE=memory\nNODE_ENV=test\n');
    const cli = join(__dirname, '../../dist/cli.js');
    const { stdout } = await promisify(execFile)(process.execPath, [cli, 'config', 'check'], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '' },
    });
    await rm(folder, { recursive: true });
    expect(stdout).toMatch(/^PORT +4567 +environment$/m);
  });
});

describe('an operator who runs keyward config check --connect', () => {
  it('sees for each system whether it is reachable, and the reason if it is not', async () => {
    const issuer = createServer((request, response) => {
      const { port } = issuer.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}`;
      const body = request.url === '/jwks' ? { keys: [] } : { issuer: url, jwks_uri: `${url}/jwks` };
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(issuer, 'listening');
    const there = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
    const away = `http://127.0.0.1:${await freePort()}`;
    const env = { MONGODB_URI: testDatabaseUri('cli-config'), OIDC_ISSUER: there, OIDC_AUDIENCE: 'keyward' };
    const [all, some] = await Promise.all([
      keyward(['config', 'check', '--connect', '--json'], env),
      keyward(['config', 'check', '--connect', '--json'], {
        ...env,
        REDIS_URL: `redis://:hunter2@127.0.0.1:${await freePort()}`,
        OIDC_ISSUERS: JSON.stringify([{ issuer: away, audience: ['keyward'] }]),
      }),
    ]);
    issuer.close();
    issuer.closeAllConnections();
    expect([all.code, all.stderr]).toEqual([0, '']);
    expect(documentIn<Checked>(all).connections).toEqual([
      { system: 'MongoDB', ok: true, reason: null },
      { system: there, ok: true, reason: null },
    ]);
    const { ok, connections } = documentIn<Checked>(some);
    expect([some.code, ok, some.stderr]).toEqual([4, false, '']);
    expect(connections.map((each) => [each.system, each.ok])).toEqual([
      ['MongoDB', true],
      ['Redis', false],
      [there, true],
      [away, false],
    ]);
    expect(connections[1]?.reason).toContain('ECONNREFUSED');
    expect(some.stdout).not.toContain('hunter2');
  });
});
