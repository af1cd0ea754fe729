import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runNode } from '../support/node-process';

const ROOT = join(__dirname, '../..');

function blockAfter(readme: string, mark: string): string {
  const [, after = ''] = readme.split(`<!-- ${mark}: run by `);
  const [, block] = after.split(/```sh\n|```/);
  if (block === undefined) throw new Error(`no commands for ${mark}`);
  return block;
}

describe('a new user who follows the README', () => {
  it('goes through the life of a key with the commands as they stand', async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    const block = blockAfter(readme, 'quick start') + blockAfter(readme, 'verify');
    const service = runNode(['scripts/start.mjs'], { PORT: '0' });
    const [, root = ''] = await service.waitFor(/root key: (\S+)/);
    const [, url = ''] = await service.waitFor(/listening on (\S+)/);
    const commands = block
      .replace(/^export KEYWARD=.*$/m, `export KEYWARD=${url}`)
      .replace(/^export ROOT=.*$/m, `export ROOT=${root}`);
    expect(commands).not.toContain('…');

    const folder = await mkdtemp(join(tmpdir(), 'keyward-readme-'));
    const { stdout } = await promisify(execFile)('sh', ['-eu', '-c', commands], { cwd: folder });
    await rm(folder, { recursive: true });
    await service.stop();

    expect([...stdout.matchAll(/(?:^|\})(\d{3})$/gm)].map(([, status]) => status)).toEqual([
      '200',
      '403',
      '204',
      '401',
    ]);
    expect(stdout).toContain('"code":"VALID"');
    expect(stdout).toContain('"active":true');
  });

  it('is told where Swagger UI is', async () => {
    const service = runNode(['scripts/start.mjs'], { PORT: '0' });
    const [, docs = ''] = await service.waitFor(/try it at (\S+)/);
    expect((await fetch(docs)).status).toBe(200);
    await service.stop();
  });
});
