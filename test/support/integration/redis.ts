import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from '../free-port';
import { eventuallyIs } from '../patience';
import { Suspension } from '../mongo-server/suspension';
import { type Program, startProgram } from './program';
import { makeTempFolder } from './temp-folder';

/** A Redis server that a test can stop, restart and suspend. */
export interface RedisServer {
  readonly url: string;
  /** Stops the server. All counts are lost. */
  end(): Promise<void>;
  /** Starts the server again at its previous address. */
  startAgain(): Promise<void>;
  /** Suspends the server: its connections stay open, but it does not answer. */
  suspend(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** @param more options of the server, by their names */
export async function startRedis(more: Readonly<Record<string, string | number>> = {}): Promise<RedisServer> {
  const folder = await makeTempFolder('redis');
  const port = await freePort();
  const options = {
    port,
    bind: '127.0.0.1',
    dir: folder.path,
    save: '',
    appendonly: 'no',
    loglevel: 'warning',
    ...more,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const run = async (): Promise<Program> => startProgram(['redis-server', ...args], port);
  let program = await run();
  let suspension = new Suspension(program.pid);
  const end = async (): Promise<void> => {
    suspension.end();
    await program.stop();
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    end,
    startAgain: async () => {
      program = await run();
      suspension = new Suspension(program.pid);
    },
    suspend: () => suspension.begin(),
    resume: () => suspension.end(),
    stop: async () => {
      await end();
      await folder.remove();
    },
  };
}

/** A Redis cluster of three nodes. */
export interface RedisCluster {
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  stop(): Promise<void>;
}

export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all(
    [1, 2, 3].map(async () =>
      startRedis({
        'cluster-enabled': 'yes',
        'cluster-config-file': 'nodes.conf',
        // By default 10,000 above the port, which may be no port at all.
        'cluster-port': await freePort(),
      }),
    ),
  );
  const hosts = nodes.map(({ url }) => new URL(url).host);
  await redisCli('--cluster', 'create', ...hosts, '--cluster-yes');
  for (const { url } of nodes) {
    const isComplete = async (): Promise<boolean> => {
      const info = await redisCli('-u', url, 'cluster', 'info');
      return /cluster_state:ok/.test(info) && /cluster_slots_ok:16384/.test(info);
    };
    await eventuallyIs(isComplete, true);
  }
  return {
    url: `redis+cluster://${hosts.join(',')}`,
    nodes,
    stop: async () => void (await Promise.all(nodes.map(async (node) => node.stop()))),
  };
}

/** Runs `redis-cli` and returns its output. */
export async function redisCli(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('redis-cli', [...args]);
  return stdout;
}
