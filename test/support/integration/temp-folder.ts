import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder. The test must remove it. */
export interface TempFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Creates a world-readable folder, because servers that start as root continue as another user. */
export async function makeTempFolder(name: string): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), `keyward-${name}-`));
  await chmod(path, 0o755);
  return { path, remove: async () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
