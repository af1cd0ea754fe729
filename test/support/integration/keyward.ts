import { HttpClient } from '../http-client';
import { type NodeProcess, runBuiltService, runNode } from '../node-process';

/** The id and the token of a new key. */
export interface IssuedKey {
  readonly id: string;
  readonly token: string;
}

/** The built service in its own process, with a root key. */
export interface Keyward {
  readonly url: string;
  /** `host:port` */
  readonly address: string;
  readonly pid: number;
  readonly root: HttpClient;
  readonly rootToken: string;
  /** Returns a client that sends a token, or none. */
  as(token?: string): HttpClient;
  issue(body: Readonly<Record<string, unknown>>): Promise<IssuedKey>;
  stop(): Promise<void>;
}

/** Runs the service with memory storage in development, where it creates and prints a root key. */
export async function startKeywardInMemory(
  environment: Readonly<Record<string, string>> = {},
): Promise<Keyward> {
  const running = await runBuiltService({ NODE_ENV: 'development', STORAGE: 'memory', ...environment });
  const [, rootToken = ''] = await running.waitFor(/root key: (\S+)/);
  return operated(running, rootToken);
}

/** Creates a root key in a database with `keyward create-root-key`, and returns its token. */
export async function makeRootKey(mongoUri: string): Promise<string> {
  const cli = runNode(['dist/cli.js', 'create-root-key'], { NODE_ENV: 'test', MONGODB_URI: mongoUri });
  if ((await cli.exited()) !== 0) throw new Error(`creating the root key failed: ${cli.stderr()}`);
  return cli.stdout().trim();
}

/** Runs the service on a database that has a root key. The keys remain when it stops. */
export async function startKeywardOn(
  mongoUri: string,
  rootToken: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Keyward> {
  const running = await runBuiltService({ NODE_ENV: 'test', MONGODB_URI: mongoUri, ...environment });
  return operated(running, rootToken);
}

function operated(running: NodeProcess & { readonly url: string }, rootToken: string): Keyward {
  const as = (token?: string): HttpClient => new HttpClient(running.url, token);
  const root = as(rootToken);
  return {
    url: running.url,
    address: new URL(running.url).host,
    pid: running.child.pid ?? 0,
    root,
    rootToken,
    as,
    issue: async (body) => {
      const made = await root.post('/v1/api-keys', { name: 'test', ...body });
      if (made.status !== 201) throw new Error(`creating a key failed: ${made.text}`);
      return { id: String(made.body['id']), token: String(made.body['token']) };
    },
    stop: async () => running.stop(),
  };
}
