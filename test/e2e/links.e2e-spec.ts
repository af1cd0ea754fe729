import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** What the checker says about the Markdown of a folder, and whether it was content. */
async function checkLinks(folder: string): Promise<{ ok: boolean; report: string }> {
  const args = [
    '.',
    '--frail',
    '--quiet',
    '--no-stdout',
    '--no-config',
    '--no-color',
    '--ignore-path-resolve-from',
    'cwd',
  ];
  const options = ['--use', `${join(ROOT, 'node_modules/remark-validate-links')}/index.js=repository:false`];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, 'node_modules/remark-cli/cli.js'), ...args, ...options],
      { cwd: folder },
      (error, stdout, stderr) => resolve({ ok: error === null, report: stdout + stderr }),
    );
  });
}

describe('a link in the documentation', () => {
  it('leads to a file and a heading that are there', async () => {
    expect(await checkLinks(ROOT)).toEqual({ ok: true, report: '' });
  }, 60_000);

  it('is found where it leads nowhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyward-links-'));
    await writeFile(join(folder, 'a.md'), '# A\n\n[b](b.md#none) [c](c.md) ![d](d.png) [a](#a)\n');
    await writeFile(join(folder, 'b.md'), '# B\n');
    const { ok, report } = await checkLinks(folder);
    await rm(folder, { recursive: true });
    expect(ok).toBe(false);
    for (const missing of ['none', 'c.md', 'd.png']) expect(report).toContain(missing);
    expect(report).not.toContain('#a`');
  });
});
