import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ExitCode } from '../../src/cli/kit/cli.errors';
import { testDatabaseUri } from '../support/test-database';

const ROOT = join(__dirname, '../..');

describe('an operator who reads docs/cli.md', () => {
  it('can run the commands verbatim', async () => {
    const guide = await readFile(join(ROOT, 'docs/cli.md'), 'utf8');
    const [, after = ''] = guide.split('<!-- commands: run by ');
    const [, block = ''] = after.split(/```sh\n|```/);
    const commands = block.replace(
      /^export MONGODB_URI=.*$/m,
      `export MONGODB_URI='${testDatabaseUri('cli-docs')}'`,
    );
    expect(commands).not.toContain('…');

    const folder = await mkdtemp(join(tmpdir(), 'keyward-cli-docs-'));
    const command = join(folder, 'keyward');
    await writeFile(command, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'dist/cli.js')}" "$@"\n`);
    await chmod(command, 0o755);
    const PATH = [folder, process.env['PATH'] ?? ''].join(delimiter);
    const { stdout } = await promisify(execFile)('sh', ['-eu', '-c', commands], {
      cwd: folder,
      env: { PATH },
    });
    await rm(folder, { recursive: true });

    expect(stdout).toMatch(/^MongoDB +reachable$/m);
    expect(stdout).toMatch(/^[0-9a-z]{26} +first key +active /m);
    expect(stdout).toMatch(/^[0-9a-z]{26} is revoked$/m);
    expect(stdout).not.toMatch(/_[0-9A-Za-z]{49}/);
  });

  it('finds an explanation of every exit code', async () => {
    const guide = await readFile(join(ROOT, 'docs/cli.md'), 'utf8');
    const [, table = ''] = guide.split('## Exit codes');
    const explained = [...(table.split('##')[0]?.matchAll(/^\| (\d) /gm) ?? [])].map(([, code]) =>
      Number(code),
    );
    expect(explained).toEqual(Object.values(ExitCode));
  });
});
