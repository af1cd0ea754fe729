import { execFile } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');

/** Checks the links in the Markdown files of a folder. `ok` is true if there are no findings; `report` lists them. */
export async function checkLinks(folder: string): Promise<{ ok: boolean; report: string }> {
  const args = [
    '.',
    '--frail',
    '--quiet',
    '--no-stdout',
    '--no-config',
    '--no-color',
    '--ignore-pattern',
    'reports/',
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
