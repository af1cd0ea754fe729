import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../free-port';
import { documentedFile, type Replacements } from '../documented-file';
import { startProgram } from '../program';
import type { GuardedAddresses, RunningProxy } from './running-proxy';
import { makeTempFolder } from '../temp-folder';

/** Runs Caddy with `docs/integrations/Caddyfile`. */
export async function startCaddy(
  { keyward, app }: GuardedAddresses,
  changes: Replacements = {},
): Promise<RunningProxy> {
  const folder = await makeTempFolder('caddy');
  const port = await freePort();
  const file = join(folder.path, 'Caddyfile');
  const guarded = await documentedFile('Caddyfile', {
    '127.0.0.1:3000': keyward,
    '127.0.0.1:9000': app,
    ':8080': `:${port}`,
    ...changes,
  });
  await writeFile(file, guarded);
  const program = await startProgram(['caddy', 'run', '--adapter', 'caddyfile', '--config', file], port, {
    XDG_CONFIG_HOME: folder.path,
    XDG_DATA_HOME: folder.path,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => program.output(),
    stop: async () => {
      await program.stop();
      await folder.remove();
    },
  };
}
