import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../free-port';
import { documentedFile, type Replacements } from '../documented-file';
import { startProgram } from '../program';
import { makeTempFolder } from '../temp-folder';
import type { GuardedAddresses, RunningProxy } from './running-proxy';

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** Runs nginx with `docs/integrations/nginx.conf`. */
export async function startNginx(
  { keyward, app }: GuardedAddresses,
  changes: Replacements = {},
): Promise<RunningProxy> {
  const folder = await makeTempFolder('nginx');
  const port = await freePort();
  const guarded = await documentedFile('nginx.conf', {
    '127.0.0.1:3000': keyward,
    '127.0.0.1:9000': app,
    '127.0.0.1:8080': `127.0.0.1:${port}`,
    ...changes,
  });
  const main = join(folder.path, 'nginx.conf');
  await mkdir(join(folder.path, 'conf.d'));
  await writeFile(join(folder.path, 'conf.d/keyward.conf'), guarded);
  await writeFile(main, mainConfiguration(folder.path));
  const program = await startProgram(['nginx', '-e', 'stderr', '-c', main, '-p', folder.path], port);
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => program.output(),
    stop: async () => {
      await program.stop();
      await folder.remove();
    },
  };
}

/** What stands around a file in `/etc/nginx/conf.d`. */
function mainConfiguration(folder: string): string {
  return [
    'daemon off;',
    'worker_processes 1;',
    `pid ${folder}/nginx.pid;`,
    'events {}',
    'http {',
    '  access_log off;',
    ...TEMPORARY.map((name) => `  ${name}_temp_path ${folder}/${name};`),
    `  include ${folder}/conf.d/*.conf;`,
    '}',
  ].join('\n');
}
