import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { Environment, readEnvironment } from '../../src/settings/environment';
import { runNode } from '../support/node-process';
import { testDatabaseUri } from '../support/test-database';

describe('.env.example', () => {
  const text = readFileSync(join(__dirname, '../../.env.example'), 'utf8');
  const example = parseEnv(text);

  it('lists every setting, and no others', () => {
    expect(Object.keys(example).toSorted()).toEqual(Object.keys(new Environment()).toSorted());
  });

  it('explains each setting, and shows its default', () => {
    for (const name of Object.keys(example)) {
      expect([name, new RegExp(`^# .+\\n(?:[A-Z].*\\n)*${name}=`, 'm').test(text)]).toEqual([name, true]);
    }
    expect({ ...readEnvironment({ ...example, NODE_ENV: undefined }) }).toEqual({ ...new Environment() });
  });
});

describe('a service with a copy of .env.example', () => {
  let folder: string;
  const example = readFileSync(join(__dirname, '../../.env.example'), 'utf8');
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {
    readonly version: string;
  };

  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'keyward-settings-'))));
  afterAll(async () => rm(folder, { recursive: true }));

  /** Starts the service with a file of settings, as systemd and `compose.yaml` do, and requests its health and pages. */
  async function startWith(text: string, given: Readonly<Record<string, string>>): Promise<object> {
    const file = join(folder, `${given['NODE_ENV']}.env`);
    const lines = Object.entries(given).reduce(
      (all, [name, value]) => all.replace(new RegExp(`^${name}=.*$`, 'm'), () => `${name}="${value}"`),
      text,
    );
    await writeFile(file, lines);
    const service = runNode([`--env-file=${file}`, join(__dirname, '../../dist/main.js')], {}, folder);
    try {
      const [, url = '', told] = await service.waitFor(/listening on (\S+) \(version (\S+)\)/);
      const [ready, docs] = await Promise.all([fetch(`${url}/health/ready`), fetch(`${url}/docs-json`)]);
      const says = JSON.stringify([[...ready.headers], [...docs.headers], await ready.text()]);
      expect(says).not.toContain(version);
      return {
        told,
        ready: ready.status,
        docs: docs.status,
        root: service.stderr().includes('root key: kw_'),
      };
    } finally {
      await service.stop();
    }
  }

  it('starts in production if only the database is set', async () => {
    const given = { NODE_ENV: 'production', PORT: '0', MONGODB_URI: testDatabaseUri('settings') };
    expect(await startWith(example, given)).toEqual({ told: version, ready: 200, docs: 404, root: false });
  });

  it('starts in development if every other setting is empty', async () => {
    const empty = example.replaceAll(/^([A-Z_]+)=.*$/gm, '$1=');
    const given = { NODE_ENV: 'development', PORT: '0' };
    expect(await startWith(empty, given)).toEqual({ told: version, ready: 200, docs: 200, root: true });
  });
});
