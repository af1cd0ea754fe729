import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../../..');

/**
 * Returns a folder with the service of an earlier commit, built. The first call installs its packages and takes minutes; later
 * ones find the folder in the cache.
 *
 * @throws Error if the history of this clone lacks the commit
 */
export async function formerBuild(commit: string): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'keyward');
  const kept = join(cache, `former-${commit.slice(0, 16)}`);
  if (await exists(join(kept, 'dist/main.js'))) return kept;
  await mkdir(cache, { recursive: true });
  const made = await mkdtemp(join(cache, 'former-'));
  try {
    await run(ROOT, 'git', ['clone', '--quiet', '--no-checkout', ROOT, made]);
    await run(made, 'git', ['checkout', '--quiet', commit]);
    await run(made, 'npm', ['ci', '--ignore-scripts', '--silent']);
    await run(made, 'npm', ['run', '--silent', 'build']);
    // Another run may have built it in the meantime.
    await rm(kept, { recursive: true, force: true });
    await rename(made, kept);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
  return kept;
}

async function run(cwd: string, program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { cwd });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
