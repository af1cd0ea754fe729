import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import ts from 'typescript';
import { parse } from 'yaml';
import { Environment, readEnvironment } from '../../src/settings/environment';
import { blocksOf } from '../support/docs/markdown-blocks';
import {
  type ComposeFile,
  projectFile,
  readCompose,
  readDockerfile,
} from '../support/deployment/deployment-files';
import { runNode } from '../support/node-process';

const ROOT = join(__dirname, '../..');
const SETTINGS = Object.keys(new Environment());
const KEYWARD = ['keyward-1', 'keyward-2'] as const;

async function makeSecrets(): Promise<{ folder: string; read: (name: string) => Promise<string> }> {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-secrets-'));
  await cp(join(ROOT, 'deploy/make-secrets.sh'), join(folder, 'make-secrets.sh'));
  await promisify(execFile)('sh', [join(folder, 'make-secrets.sh')]);
  return { folder, read: async (name) => readFile(join(folder, 'secrets', name), 'utf8') };
}

describe('an operator who copies the systemd unit', () => {
  const unit =
    blocksOf('docs/operations/deployment.md').find(({ language }) => language === 'ini')?.code ?? '';

  it('gets a service with its own user, while systemd reads the settings file as root', () => {
    expect(unit).toMatch(/^DynamicUser=yes$/m);
    expect(unit).toMatch(/^EnvironmentFile=\/etc\/keyward\.env$/m);
    expect(unit).toMatch(/^ExecStart=\S+\/node \/opt\/keyward\/dist\/main\.js$/m);
  });

  it('gets a service that starts at boot, after the network', () => {
    expect(unit.match(/^\[\w+\]$/gm)).toEqual(['[Unit]', '[Service]', '[Install]']);
    expect(unit).toMatch(/^Wants=network-online\.target$/m);
    expect(unit).toMatch(/^After=network-online\.target$/m);
    expect(unit).toMatch(/^WantedBy=multi-user\.target$/m);
  });
});

describe('compose.yaml', () => {
  let compose: ComposeFile;
  beforeAll(async () => {
    compose = await readCompose();
  });

  it('hardens, health-checks and restarts every container [T85]', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      expect([name, service.read_only, service.cap_drop, service.security_opt]).toEqual([
        name,
        true,
        ['ALL'],
        ['no-new-privileges:true'],
      ]);
      expect([name, service.restart]).toEqual([
        name,
        expect.stringMatching(/^(unless-stopped|on-failure:\d+)$/),
      ]);
      // Keyward's image defines its user and its health check.
      const own = service.build !== undefined;
      expect([name, own || service.user !== undefined]).toEqual([name, true]);
      expect([name, own || name === 'mongo-init' || service.healthcheck !== undefined]).toEqual([name, true]);
      expect([name, service.image]).toEqual([
        name,
        expect.stringMatching(/^[a-z]+:(?!latest)[\w.-]+(?:@|$)/),
      ]);
    }
  });

  it('passes only known settings to Keyward, in the environment and in the secrets', async () => {
    const secrets = await makeSecrets();
    const secret = parseEnv(await secrets.read('keyward_env'));
    await rm(secrets.folder, { recursive: true });
    for (const name of KEYWARD) {
      const settings = { ...compose.services[name]?.environment, ...secret };
      expect(Object.keys(settings).filter((setting) => !SETTINGS.includes(setting))).toEqual([]);
      expect(readEnvironment(settings)).toMatchObject({
        NODE_ENV: 'production',
        MONGODB_URI: expect.stringMatching(/^mongodb:\/\/keyward:[0-9a-f]{64}@.*replicaSet=rs0/) as string,
        REDIS_URL: expect.stringMatching(/^redis:\/\/:[0-9a-f]{64}@redis:6379$/) as string,
      });
    }
  });

  it('contains no secret, and make-secrets.sh creates every secret that it refers to', async () => {
    const text = await projectFile('compose.yaml');
    expect(text).not.toMatch(/:\/\/[^\s/]*:[^\s/]*@/);
    expect(text).not.toMatch(/(?:password|secret|token|requirepass)\s*[:=]\s*\S*[0-9a-f]{8}/i);
    const secrets = await makeSecrets();
    const made = await readdir(join(secrets.folder, 'secrets'));
    expect((await stat(join(secrets.folder, 'secrets'))).mode & 0o077).toBe(0);
    await rm(secrets.folder, { recursive: true });
    expect(
      Object.values(compose.secrets)
        .map(({ file }) => file.replace('deploy/secrets/', ''))
        .toSorted(),
    ).toEqual(made.toSorted());
    for (const { secrets: used = [] } of Object.values(compose.services)) {
      for (const name of used) expect(Object.keys(compose.secrets)).toContain(name);
    }
    expect(await projectFile('.gitignore')).toContain('deploy/secrets/\n');
  });

  it('keeps its secrets if make-secrets.sh runs again', async () => {
    const secrets = await makeSecrets();
    const before = await secrets.read('keyward_env');
    await promisify(execFile)('sh', [join(secrets.folder, 'make-secrets.sh')]);
    expect(await secrets.read('keyward_env')).toBe(before);
    expect(before).toContain((await secrets.read('mongodb_keyward_password')).trim());
    expect(before).toContain((await secrets.read('redis_conf')).trim().replace('requirepass ', ''));
    await rm(secrets.folder, { recursive: true });
  });

  it('has the same names, ports and addresses as nginx.conf and the other deployment files', async () => {
    const nginx = await projectFile('deploy/nginx.conf');
    const init = await projectFile('deploy/mongo-init.js');
    const script = await projectFile('deploy/make-secrets.sh');
    const { services } = compose;
    const upstreams = [...nginx.matchAll(/server (\S+):(\d+);/g)].map(([, host, port]) => [host, port]);
    expect(upstreams).toEqual(KEYWARD.map((name) => [name, services[name]?.environment?.['PORT']]));
    const members = Object.keys(services).filter((name) => /^mongo-\d$/.test(name));
    expect(members).toHaveLength(3);
    expect(script).toContain(`hosts=${members.map((name) => `${name}:27017`).join(',')}\n`);
    expect(init).toContain(`[${members.map((name) => `'${name}:27017'`).join(', ')}]`);
    const front = services['nginx']?.networks as Record<string, { ipv4_address: string }>;
    for (const name of KEYWARD) {
      expect(services[name]?.environment?.['TRUST_PROXY']).toBe(front['front']?.ipv4_address);
    }
    const [, inside] = /:(\d+)$/.exec(services['nginx']?.ports?.[0] ?? '') ?? [];
    expect(nginx).toContain(`listen ${inside};`);
    expect(nginx).toContain(`listen ${new URL(services['nginx']?.healthcheck?.test.at(-1) ?? '').host};`);
  });

  it('has nginx and stop timeouts that fit the timeouts of Keyward', async () => {
    const { KEEP_ALIVE_TIMEOUT_MS, REQUEST_TIMEOUT_MS, SHUTDOWN_TIMEOUT_MS } = new Environment();
    const nginx = await projectFile('deploy/nginx.conf');
    const seconds = (name: string): number => Number(new RegExp(`${name} (\\d+)s;`).exec(nginx)?.[1]);
    expect(seconds('keepalive_timeout') * 1000).toBeLessThan(KEEP_ALIVE_TIMEOUT_MS);
    expect(seconds('proxy_read_timeout') * 1000).toBeGreaterThan(REQUEST_TIMEOUT_MS);
    for (const name of KEYWARD) {
      const grace = compose.services[name]?.stop_grace_period ?? '';
      expect(Number.parseInt(grace, 10) * 1000).toBeGreaterThan(SHUTDOWN_TIMEOUT_MS);
    }
  });

  it('mounts only files that exist', async () => {
    for (const { volumes = [] } of Object.values(compose.services)) {
      for (const volume of volumes.filter((from) => from.startsWith('./'))) {
        await expect(stat(join(ROOT, volume.split(':')[0] ?? ''))).resolves.toBeDefined();
      }
    }
  });

  it('publishes only nginx, by default on 127.0.0.1', () => {
    const published = Object.entries(compose.services).filter(([, { ports }]) => ports !== undefined);
    expect(published.map(([name]) => name)).toEqual(['nginx']);
    expect(published[0]?.[1].ports).toEqual([expect.stringContaining('127.0.0.1:')]);
  });
});

/** The fields of a lockfile package that the tests read. */
interface LockedPackage {
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
  readonly link?: boolean;
}

/** Returns the packages of package-lock.json by their installation folder. */
async function lockedPackages(): Promise<Readonly<Record<string, LockedPackage>>> {
  const { packages } = JSON.parse(await projectFile('package-lock.json')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  return packages;
}

describe('the image', () => {
  it('runs without root and without a shell, on a Node version that CI tests', async () => {
    const lines = await readDockerfile();
    const last = lines.slice(lines.findLastIndex(({ name }) => name === 'FROM'));
    const instruction = (name: string): string => last.find((line) => line.name === name)?.rest ?? '';
    expect(instruction('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(JSON.parse(instruction('CMD'))).toEqual(['node', 'dist/main.js']);
    expect(instruction('HEALTHCHECK')).toMatch(/ CMD \["node", "deploy\/healthcheck\.mjs"\]$/);
    const bases = lines.filter(({ name }) => name === 'FROM').map(({ rest }) => rest.split(' ')[0]);
    expect(new Set(bases).size).toBe(1);
    const [, major = ''] = /^node:(\d+)-/.exec(bases[0] ?? '') ?? [];
    const workflow = parse(await projectFile('.github/workflows/ci.yml')) as {
      readonly jobs: {
        readonly gate: { readonly strategy: { readonly matrix: { readonly node: number[] } } };
      };
    };
    expect(workflow.jobs.gate.strategy.matrix.node).toEqual([20, 22, 24]);
    expect(workflow.jobs.gate.strategy.matrix.node).toContain(Number(major));
  });

  it('sets only settings that the service reads, and exposes the port of the service', async () => {
    const lines = await readDockerfile();
    const pairs = lines.filter(({ name }) => name === 'ENV').flatMap(({ rest }) => rest.split(' '));
    const settings = Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
    expect(Object.keys(settings).filter((name) => !SETTINGS.includes(name))).toEqual([]);
    expect(readEnvironment(settings)).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0' });
    expect(lines.find(({ name }) => name === 'EXPOSE')?.rest).toBe(settings['PORT']);
  });

  it('copies only files that exist and that .dockerignore allows', async () => {
    const lines = await readDockerfile();
    const letThrough = (await projectFile('.dockerignore'))
      .split('\n')
      .filter((line) => line.startsWith('!'));
    const copied = lines
      .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    for (const path of copied) {
      await expect(stat(join(ROOT, path))).resolves.toBeDefined();
      expect(letThrough).toContain(`!${path}`);
    }
    expect(letThrough.map((line) => line.slice(1)).filter((path) => !copied.includes(path))).toEqual([]);
  });

  it('runs no install scripts, and contains no package that needs one [T86]', async () => {
    const installs = (await readDockerfile()).filter(
      ({ name, rest }) => name === 'RUN' && /\bnpm ci\b/.test(rest),
    );
    expect(installs).toHaveLength(2);
    for (const { rest } of installs) expect(rest).toContain('--ignore-scripts');
    const scripted = Object.entries(await lockedPackages()).filter(
      ([, { dev = false, hasInstallScript = false }]) => hasInstallScript && !dev,
    );
    expect(scripted.map(([path]) => path)).toEqual([]);
  });

  it('contains every package that the service imports, but no development dependencies', async () => {
    const packages = await lockedPackages();
    const files = (await readdir(join(ROOT, 'dist'), { recursive: true })).filter((file) =>
      file.endsWith('.js'),
    );
    const imported = new Set<string>();
    for (const file of files) {
      const { importedFiles } = ts.preProcessFile(await projectFile(join('dist', file)), true, true);
      for (const { fileName } of importedFiles) {
        if (/^(?:\.|node:)/.test(fileName)) continue;
        imported.add(/^(?:@[^/]+\/)?[^/]+/.exec(fileName)?.[0] ?? fileName);
      }
    }
    const missing = [...imported].filter((name) => {
      const entry = packages[`node_modules/${name}`];
      return entry === undefined || entry.dev === true;
    });
    expect(imported).toContain('@nestjs/core');
    expect(missing).toEqual([]);
  });
});

/** Runs the health check against a server that answers with a status. The setting `here` becomes its port. */
async function checkedAgainst(
  status: number,
  environment: Record<string, string> = {},
): Promise<number | null> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const given = Object.fromEntries(
    Object.entries({ HOST: '0.0.0.0', PORT: 'here', ...environment }).map(([name, value]) => [
      name,
      value === 'here' ? String(port) : value,
    ]),
  );
  const code = await runNode(['deploy/healthcheck.mjs'], given).exited();
  server.close();
  if (code === 0) expect(asked).toEqual(['/health/live']);
  return code;
}

describe('the health check of the container', () => {
  it('passes if the service answers 200 on the port that serves health', async () => {
    expect(await checkedAgainst(200)).toBe(0);
    expect(await checkedAgainst(200, { PORT: '1', METRICS_HOST: '127.0.0.1', METRICS_PORT: 'here' })).toBe(0);
  });

  it('fails if the service answers 503 or if no service listens', async () => {
    expect(await checkedAgainst(503)).toBe(1);
    expect(await checkedAgainst(200, { PORT: '1' })).toBe(1);
  });

  it('passes for the running service', async () => {
    const service = runNode(['dist/main.js'], { NODE_ENV: 'test', PORT: '0' });
    const [, port = ''] = await service.waitFor(/listening on \S+:(\d+)/);
    const checked = runNode(['deploy/healthcheck.mjs'], { PORT: port });
    const code = await checked.exited();
    await service.stop();
    expect([code, checked.stderr()]).toEqual([0, '']);
  });
});

const DIGEST = /^[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}$/;

describe('a supplier that replaces a release', () => {
  it('cannot change the image, because each base image is pinned by digest [T86]', async () => {
    const bases = (await readDockerfile()).filter(({ name }) => name === 'FROM');
    expect(bases.length).toBeGreaterThan(0);
    for (const { rest } of bases) expect(rest.split(' ')[0]).toMatch(DIGEST);
  });

  it('cannot change compose.yaml, because each external image is pinned by digest [T86]', async () => {
    const { services } = await readCompose();
    const others = Object.values(services).filter(({ build }) => build === undefined);
    expect(others.length).toBeGreaterThan(4);
    for (const { image } of others) expect(image).toMatch(DIGEST);
  });

  it('cannot change the workflows, because each action is pinned by commit [T86]', async () => {
    const workflows = await readdir(join(ROOT, '.github/workflows'));
    const texts = await Promise.all(workflows.map(async (file) => projectFile(`.github/workflows/${file}`)));
    const uses = texts.flatMap((text) => [...text.matchAll(/\buses: *(.+)$/gm)].map(([, action]) => action));
    expect(uses.length).toBeGreaterThan(0);
    for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('cannot change an npm package, because the lockfile contains the hash of each one', async () => {
    for (const [path, { integrity, link = false }] of Object.entries(await lockedPackages())) {
      const isOurs = link || !path.includes('node_modules/');
      expect([path, isOurs || integrity?.startsWith('sha512-')]).toEqual([path, true]);
    }
  });

  it('can still deliver new releases, because Dependabot proposes image and action updates', async () => {
    const { updates } = parse(await projectFile('.github/dependabot.yml')) as {
      readonly updates: readonly { readonly 'package-ecosystem': string; readonly directory: string }[];
    };
    expect(updates.map((each) => [each['package-ecosystem'], each.directory])).toEqual(
      expect.arrayContaining([
        ['docker', '/'],
        ['docker-compose', '/'],
        ['github-actions', '/'],
      ]),
    );
  });

  it('gets no telemetry from swagger-ui-dist, because an empty local package replaces it [T87]', async () => {
    const packages = Object.entries(await lockedPackages());
    const telemetry = packages.filter(([path]) => /(?:^|\/)node_modules\/@scarf\//.test(path));
    expect(telemetry).toEqual([['node_modules/@scarf/scarf', { resolved: 'stubs/scarf', link: true }]]);
    expect(await readdir(join(ROOT, 'stubs/scarf'))).toEqual(['package.json']);
    const stub = JSON.parse(await projectFile('stubs/scarf/package.json')) as Record<string, unknown>;
    expect(Object.keys(stub).toSorted()).toEqual(['description', 'name', 'private', 'version']);
  });
});
