import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkLinks } from '../support/docs/check-links';

const ROOT = join(__dirname, '../..');

describe('a link in the documentation', () => {
  it('leads to a file and a heading that are there', async () => {
    expect(await checkLinks(ROOT)).toEqual({ ok: true, report: '' });
  });

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
