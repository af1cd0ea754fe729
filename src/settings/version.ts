import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of Keyward that runs, from the manifest beside `dist`. */
export function runningVersion(): string {
  const manifest = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}
