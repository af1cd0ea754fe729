import { execFile } from 'node:child_process';
import { cp, readdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { blockOf } from '../docs/markdown-blocks';

const ROOT = join(__dirname, '../../..');

const NOT_IN_A_CLONE = new Set(['.git', 'coverage', 'dist', 'node_modules', 'reports', 'secrets']);

/**
 * Packs the package with the commands of the README, in a copy of the project without build output.
 *
 * @param clone the folder of the copy
 * @returns the path of the tarball
 */
export async function packIn(clone: string): Promise<string> {
  await cp(ROOT, clone, { recursive: true, filter: (path) => !NOT_IN_A_CLONE.has(basename(path)) });
  await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  const commands = blockOf('README.md', 'pack').replace('npm ci && ', '');
  await promisify(execFile)('sh', ['-eu', '-c', commands], { cwd: clone });
  const made = (await readdir(clone)).find((name) => name.endsWith('.tgz'));
  if (made === undefined) throw new Error('npm pack made no tarball');
  return join(clone, made);
}
