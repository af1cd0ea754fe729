import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkLinks } from '../support/docs/check-links';

const ROOT = join(__dirname, '../..');

describe('a link in the documentation', () => {
  it('leads to an existing file and heading', async () => {
    expect(await checkLinks(ROOT)).toEqual({ ok: true, report: '' });
  });

  it('is reported if its target does not exist', async () => {
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

describe('the list of decision records', () => {
  it('contains every record with its title, and every record begins with a summary', async () => {
    const folder = join(ROOT, 'docs/decisions');
    const list = await readFile(join(folder, 'README.md'), 'utf8');
    const listed = [...list.matchAll(/^\| (\d{4}) +\| \[(.+)\]\((.+)\) +\|$/gm)].map(
      ([, number, title, file]) => [file, `# ${number}: ${title}`, true],
    );
    const records = (await readdir(folder)).filter((name) => /^\d{4}-/.test(name)).toSorted();
    const found = await Promise.all(
      records.map(async (name) => {
        const [title = '', , summary = ''] = (await readFile(join(folder, name), 'utf8')).split('\n');
        return [name, title, summary.startsWith('**Summary.** ')];
      }),
    );
    expect(listed).toEqual(found);
  });
});
