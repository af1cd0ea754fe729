import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../free-port';
import { startProgram } from './program';
import { makeTempFolder } from './temp-folder';

/** A proxy that adds TLS to a plain HTTP service, like a load balancer. */
export interface TlsFront {
  readonly url: string;
  /** The path of a world-readable file with the certificate of its certificate authority. */
  readonly authority: string;
  stop(): Promise<void>;
}

/** Starts Caddy in front of a service. Caddy creates the certificate authority and the certificate itself. */
export async function startTlsFront(address: string): Promise<TlsFront> {
  const folder = await makeTempFolder('tls');
  const port = await freePort();
  const file = join(folder.path, 'Caddyfile');
  await writeFile(
    file,
    `{
      admin off
      auto_https disable_redirects
      skip_install_trust
    }
    https://localhost:${port} {
      bind 127.0.0.1
      tls internal
      reverse_proxy ${address}
    }`,
  );
  const program = await startProgram(['caddy', 'run', '--adapter', 'caddyfile', '--config', file], port, {
    XDG_CONFIG_HOME: folder.path,
    XDG_DATA_HOME: folder.path,
  });
  const authority = join(folder.path, 'authority.crt');
  await writeFile(authority, await readFile(join(folder.path, 'caddy/pki/authorities/local/root.crt')));
  return {
    url: `https://localhost:${port}`,
    authority,
    stop: async () => {
      await program.stop();
      await folder.remove();
    },
  };
}
