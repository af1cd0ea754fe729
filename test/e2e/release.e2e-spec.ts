import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../..');
const run = promisify(execFile);

interface Outcome {
  readonly code: number;
  readonly output: string;
}

async function check(root: string, ...args: readonly string[]): Promise<Outcome> {
  const script = [join(ROOT, 'scripts/check-release.mjs'), '--root', root, ...args];
  const env = { ...process.env, GITHUB_REPOSITORY: '' };
  return run(process.execPath, script, { env }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: unknown) => {
      const { code, stderr } = error as { readonly code: number; readonly stderr: string };
      return { code, output: stderr };
    },
  );
}

describe('npm run release:check', () => {
  let clone: string;
  const file = (name: string): string => join(clone, name);

  async function replaceIn(name: string, ...pairs: readonly (readonly [RegExp, string])[]): Promise<void> {
    const text = await readFile(file(name), 'utf8');
    await writeFile(
      file(name),
      pairs.reduce((changed, [from, to]) => changed.replace(from, to), text),
    );
  }

  async function fillInTheOwner(): Promise<void> {
    await replaceIn('package.json', [/OWNER/g, 'acme'], [/keyward@example\.com/, 'keyward@acme.test']);
    await replaceIn('CHANGELOG.md', [/ \(not released\)/, ' (2026-12-01)']);
  }

  beforeEach(async () => {
    clone = await mkdtemp(join(tmpdir(), 'keyward-release-'));
    await run('git', ['clone', '--quiet', ROOT, clone]);
  });
  afterEach(async () => rm(clone, { recursive: true, force: true }));

  it('lists the facts that only the owner knows while package.json lacks them', async () => {
    const { code, output } = await check(clone);
    expect(code).toBe(1);
    for (const field of ['author', 'homepage', 'repository.url', 'bugs.url', 'bugs.email']) {
      expect(output).toContain(`package.json: set ${field}, which only the owner knows.`);
    }
  });

  it('accepts a version that both manifests, the changelog and the tag agree on', async () => {
    await fillInTheOwner();
    const { version } = JSON.parse(await readFile(file('package.json'), 'utf8')) as { version: string };
    expect(await check(clone, `v${version}`)).toEqual({
      code: 0,
      output: `Version ${version} can be released.\n`,
    });
    expect((await check(clone, '--notes')).output).toMatch(/^#{2,3} /m);
  });

  it.each([
    ['a tag of another version', async () => {}, ['v9.9.9'], /The tag v9\.9\.9 is not v/],
    [
      'a manifest of the service with another version',
      async () => replaceIn('service/package.json', [/"version": "[^"]+"/, '"version": "9.9.9"']),
      [],
      /service\/package\.json: set version to/,
    ],
    [
      'a changelog without a section for the version',
      async () => replaceIn('CHANGELOG.md', [/^## \d.*$/m, '## Unreleased']),
      [],
      /CHANGELOG\.md: add a section/,
    ],
  ] as const)('rejects %s', async (_fault, change, args, reason) => {
    await fillInTheOwner();
    await change();
    const { code, output } = await check(clone, ...args);
    expect([code, output]).toEqual([1, expect.stringMatching(reason)]);
  });

  it('lets npm run release write the version, the changelog and the tag', async () => {
    await symlink(join(ROOT, 'node_modules'), file('node_modules'));
    await fillInTheOwner();
    const git = async (...args: readonly string[]): Promise<string> =>
      (await run('git', ['-c', 'user.name=a', '-c', 'user.email=a@acme.test', ...args], { cwd: clone }))
        .stdout;
    await git('commit', '--quiet', '--all', '--message', 'chore: name the owner');
    await git('tag', 'v0.2.0');
    await git('commit', '--quiet', '--allow-empty', '--message', 'feat(access): guard a new kind of route');

    const identity = {
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@acme.test',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@acme.test',
    };
    await run('npm', ['run', 'release'], { cwd: clone, env: { ...process.env, ...identity } });
    expect(await git('tag', '--points-at', 'HEAD')).toBe('v0.3.0\n');
    for (const manifest of ['package.json', 'service/package.json']) {
      expect(JSON.parse(await readFile(file(manifest), 'utf8'))).toMatchObject({ version: '0.3.0' });
    }
    const changelog = await readFile(file('CHANGELOG.md'), 'utf8');
    expect(changelog).toMatch(/0\.3\.0[^]*### Added[^]*guard a new kind of route[^]*## 0\.2\.0/);
    expect(await check(clone, 'v0.3.0')).toMatchObject({ code: 0 });
  });
});
