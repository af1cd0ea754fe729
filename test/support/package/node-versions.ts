import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Returns the path of a version of Node. npm downloads it once into its cache. */
export async function nodeOf(version: string): Promise<string> {
  const args = ['-y', '-p', `node@${version}`, '-c', 'node -p process.execPath'];
  const { stdout } = await promisify(execFile)('npx', args);
  return stdout.trim();
}
