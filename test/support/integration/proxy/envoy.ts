import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../free-port';
import { documentedFile, type Replacements } from '../documented-file';
import { startProgram } from '../program';
import { makeTempFolder } from '../temp-folder';
import type { GuardedAddresses, RunningProxy } from './running-proxy';

const portOf = (address: string): string => `port_value: ${address.split(':')[1] ?? ''}`;

/** Runs Envoy with `docs/integrations/envoy.yaml`. */
export async function startEnvoy(
  { keyward, app }: GuardedAddresses,
  changes: Replacements = {},
): Promise<RunningProxy> {
  const { ENVOY = '' } = process.env;
  const folder = await makeTempFolder('envoy');
  const port = await freePort();
  const file = join(folder.path, 'envoy.yaml');
  const guarded = await documentedFile('envoy.yaml', {
    'port_value: 3000': portOf(keyward),
    'port_value: 9000': portOf(app),
    'port_value: 8080': `port_value: ${port}`,
    ...changes,
  });
  await writeFile(file, guarded);
  const program = await startProgram(
    [ENVOY, '-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'],
    port,
  );
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => program.output(),
    stop: async () => {
      await program.stop();
      await folder.remove();
    },
  };
}
