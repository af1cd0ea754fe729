import { freePort } from '../free-port';
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

export async function startRedis(): Promise<RedisServer> {
  const folder = await makeTempFolder('redis');
  const port = await freePort();
  const options = {
    port,
    bind: '127.0.0.1',
    dir: folder.path,
    save: '',
    appendonly: 'no',
    loglevel: 'warning',
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
