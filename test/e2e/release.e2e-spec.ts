import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CommandRun, runScript } from '../support/command-line';

const ROOT = join(__dirname, '../..');
const run = promisify(execFile);

async function check(root: string, ...args: readonly string[]): Promise<CommandRun> {
  return runScript(['scripts/check-release.mjs', '--root', root, ...args]);
}

describe('npm run release:check', () => {
  let clone: string;
  const file = (name: string): string => join(clone, name);

  async function replaceIn(name: string, from: RegExp, to: string): Promise<void> {
    await writeFile(file(name), (await readFile(file(name), 'utf8')).replace(from, to));
  }

  async function readVersion(manifest = 'package.json'): Promise<string> {
    return (JSON.parse(await readFile(file(manifest), 'utf8')) as { readonly version: string }).version;
  }

  /** Fills in the facts that only the owner knows, and a date for the version. */
  async function fillIn(owner: string, domain: string): Promise<void> {
    const manifest = JSON.parse(await readFile(file('package.json'), 'utf8')) as object;
    const url = `https://github.com/${owner}/keyward`;
    const facts = {
      author: owner,
      homepage: `${url}#readme`,
      repository: { type: 'git', url: `git+${url}.git` },
      bugs: { url: `${url}/issues`, email: `keyward@${domain}` },
    };
    await writeFile(file('package.json'), JSON.stringify({ ...manifest, ...facts }, null, 2));
    await replaceIn('CHANGELOG.md', / \(not released\)/, ' (2026-12-01)');
  }

  beforeEach(async () => {
    clone = await mkdtemp(join(tmpdir(), 'keyward-release-'));
    await run('git', ['clone', '--quiet', '--no-tags', ROOT, clone]);
    await fillIn('acme', 'acme.test');
  });
  afterEach(async () => rm(clone, { recursive: true, force: true }));

  it('lists the missing fields of package.json that only the owner can set', async () => {
    await fillIn('OWNER', 'example.com');
    const { code, stderr } = await check(clone);
    expect(code).toBe(1);
    for (const field of ['author', 'homepage', 'repository.url', 'bugs.url', 'bugs.email']) {
      expect(stderr).toContain(`package.json: set ${field}, which only the owner knows.`);
    }
  });

  it('accepts a version that is the same in both manifests, the changelog and the tag', async () => {
    const version = await readVersion();
    expect(await check(clone, `v${version}`)).toEqual({
      code: 0,
      stderr: '',
      stdout: `Version ${version} can be released.\n`,
    });
    expect((await check(clone, '--notes')).stdout).toMatch(/^### /m);
  });

  it.each([
    ['a tag of another version', async () => {}, ['v9.9.9'], /The tag v9\.9\.9 is not v/],
    [
      'a manifest of the service with another version',
      async () => replaceIn('service/package.json', /"version": "[^"]+"/, '"version": "9.9.9"'),
      [],
      /service\/package\.json: set version to/,
    ],
    [
      'a changelog without a section for the version',
      async () => replaceIn('CHANGELOG.md', /^##? \[?\d.*$/m, '## Unreleased'),
      [],
      /CHANGELOG\.md: add a section/,
    ],
  ] as const)('rejects %s', async (_fault, change, args, reason) => {
    await change();
    const { code, stderr } = await check(clone, ...args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(reason)]);
  });

  it('accepts the result of npm run release', async () => {
    await symlink(join(ROOT, 'node_modules'), file('node_modules'));
    const former = await readVersion();
    const git = async (...args: readonly string[]): Promise<string> =>
      (await run('git', [...args], { cwd: clone })).stdout;
    await git('config', 'user.name', 'acme');
    await git('config', 'user.email', 'keyward@acme.test');
    await git('commit', '--quiet', '--all', '--message', 'chore: name the owner');
    await git('tag', `v${former}`);
    await git(
      'commit',
      '--quiet',
      '--allow-empty',
      '--message',
      'fix(access): reject an unknown kind of route',
    );
    await run('npm', ['run', 'release'], { cwd: clone });

    const version = await readVersion();
    expect(version).not.toBe(former);
    expect(await readVersion('service/package.json')).toBe(version);
    expect(await git('tag', '--points-at', 'HEAD')).toBe(`v${version}\n`);
    expect(await check(clone, `v${version}`)).toMatchObject({ code: 0 });
    const { stdout } = await check(clone, '--notes');
    expect(stdout).toMatch(/^### Fixed[^]*reject an unknown kind of route/m);
    expect(await readFile(file('CHANGELOG.md'), 'utf8')).toContain(`## ${former} (`);
  });
});
