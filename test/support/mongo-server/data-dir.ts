import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The name of the file with the server's port. A restart must not change the port, because a replica set and its
 * clients identify members by it.
 */
const PORT_FILE = 'port';

export async function portOf(dataDir: string): Promise<number | undefined> {
  try {
    return Number(await readFile(join(dataDir, PORT_FILE), 'utf8'));
  } catch {
    return undefined;
  }
}

export async function keepPort(dataDir: string, port: number): Promise<void> {
  await writeFile(join(dataDir, PORT_FILE), String(port));
}

export async function databaseDir(dataDir: string, kind: string): Promise<string> {
  const path = join(dataDir, kind);
  await mkdir(path, { recursive: true });
  return path;
}
