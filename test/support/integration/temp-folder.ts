import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is removed after the test. */
export interface TempFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Readable by all, because servers that start as root continue as another user. */
export async function makeTempFolder(name: string): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), `keyward-${name}-`));
  await chmod(path, 0o755);
  return { path, remove: async () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
