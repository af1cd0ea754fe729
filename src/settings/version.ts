import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the version of the running Keyward from the `package.json` next to `dist`. */
export function runningVersion(): string {
  const manifest = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}
