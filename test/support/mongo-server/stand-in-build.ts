import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, textOf, MongoServerUnavailable } from './unavailable';

const run = promisify(execFile);

const PROJECT = join(__dirname, 'stand-in');
const SOURCES = ['pom.xml', 'src/StandIn.java'];
const BUILD_ENDS_WITHIN_MS = 300_000;

/** Returns the folder of the stand-in's jar files. Builds them at the first use. */
export async function standInJars(): Promise<string> {
  const cache = join(cacheHome(), 'keyward');
  const jars = join(cache, `mongo-stand-in-${await contentHash()}`);
  if (await exists(jars)) return jars;
  await mkdir(cache, { recursive: true });
  const dir = await mkdtemp(join(cache, 'mongo-stand-in-build-'));
  try {
    await build(dir);
    await publish(join(dir, 'target', 'app'), jars);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  return jars;
}

function cacheHome(): string {
  const given = process.env['XDG_CACHE_HOME'];
  return given === undefined || given === '' ? join(homedir(), '.cache') : given;
}

async function contentHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of SOURCES) hash.update(await readFile(join(PROJECT, name)));
  return hash.digest('hex').slice(0, 16);
}

async function build(dir: string): Promise<void> {
  await cp(PROJECT, dir, { recursive: true });
  try {
    await run('mvn', ['-q', '-B', 'package'], { cwd: dir, timeout: BUILD_ENDS_WITHIN_MS });
  } catch (error) {
    throw new MongoServerUnavailable(
      `Maven cannot build it: ${textOf(error, 'stdout') || messageOf(error)}`,
      { cause: error },
    );
  }
}

/**
 * Moves the build to its final place. A rename is atomic, so other processes find a complete folder or none. If another
 * process was faster, its build stays.
 */
async function publish(built: string, jars: string): Promise<void> {
  try {
    await rename(built, jars);
  } catch (error) {
    if (!(await exists(jars))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
