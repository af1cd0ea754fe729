import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A replica set and its clients identify members by their ports, so a restart must not change them. */
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
