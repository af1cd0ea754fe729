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
  return runNginx(async (address) =>
    documentedFile('nginx.conf', {
      '127.0.0.1:3000': keyward,
      '127.0.0.1:9000': app,
      '127.0.0.1:8080': address,
      ...changes,
    }),
  );
}

/** Runs nginx as a shared cache in front of an application. It caches answers with status 200 for a minute. */
export async function startCachingNginx(application: string): Promise<RunningProxy> {
  return runNginx((address, folder) =>
    [
      `proxy_cache_path ${folder}/cache keys_zone=answers:1m;`,
      'server {',
      `  listen ${address};`,
      '  location / {',
      '    proxy_cache answers;',
      '    proxy_cache_valid 200 1m;',
      '    add_header X-Cache $upstream_cache_status always;',
      `    proxy_pass http://${application};`,
      '  }',
      '}',
    ].join('\n'),
  );
}

async function runNginx(
  configure: (address: string, folder: string) => Promise<string> | string,
): Promise<RunningProxy> {
  const folder = await makeTempFolder('nginx');
  const port = await freePort();
  const main = join(folder.path, 'nginx.conf');
  await mkdir(join(folder.path, 'conf.d'));
  await writeFile(
    join(folder.path, 'conf.d/keyward.conf'),
    await configure(`127.0.0.1:${port}`, folder.path),
  );
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

/** Returns a main configuration that includes `conf.d`, like the default one in `/etc/nginx`. */
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
