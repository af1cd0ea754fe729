import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../free-port';
import { documentedFile, type Replacements } from './documented-file';
import { startProgram } from './program';
import type { RunningProxy } from './proxy/running-proxy';
import { makeTempFolder } from './temp-folder';

const MODULES_FOLDER = '/usr/lib/apache2/modules';
const MODULES = [
  'mpm_event',
  'authn_core',
  'authz_core',
  'authz_user',
  'auth_openidc',
  'headers',
  'proxy',
  'proxy_http',
];

/** Runs Apache with `docs/integrations/apache-mod-auth-openidc.conf`. */
export async function startApache(replacements: Replacements): Promise<RunningProxy> {
  const folder = await makeTempFolder('apache');
  const port = await freePort();
  const guarded = await documentedFile('apache-mod-auth-openidc.conf', {
    '127.0.0.1:8080': `127.0.0.1:${port}`,
    ...replacements,
  });
  const site = join(folder.path, 'keyward.conf');
  const main = join(folder.path, 'apache2.conf');
  await writeFile(site, guarded);
  await writeFile(main, mainConfiguration(folder.path, site));
  const program = await startProgram(['apache2', '-D', 'FOREGROUND', '-d', folder.path, '-f', main], port);
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => program.output() + readFileSync(join(folder.path, 'error.log'), 'utf8'),
    stop: async () => {
      await program.stop();
      await folder.remove();
    },
  };
}

/**
 * Returns a main configuration that includes the documented file, as Debian's includes `/etc/apache2/sites-enabled`.
 */
function mainConfiguration(folder: string, site: string): string {
  return [
    ...MODULES.map((name) => `LoadModule ${name}_module ${MODULES_FOLDER}/mod_${name}.so`),
    'ServerName localhost',
    `PidFile ${folder}/apache2.pid`,
    `DefaultRuntimeDir ${folder}`,
    `ErrorLog ${folder}/error.log`,
    'LogLevel warn',
    'StartServers 1',
    // Applies only if it starts as root.
    'User www-data',
    'Group www-data',
    `Include ${site}`,
  ].join('\n');
}
