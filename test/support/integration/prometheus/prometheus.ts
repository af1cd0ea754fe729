import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../free-port';
import { startProgram } from '../program';
import { makeTempFolder } from '../temp-folder';

/** One sample of a query result. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus that scrapes one service as the job "keyward". */
export interface Prometheus {
  /** Evaluates an expression. Throws if Prometheus rejects it. */
  query(expression: string): Promise<readonly Sample[]>;
  /** Returns the name of every metric that was scraped. */
  names(): Promise<ReadonlySet<string>>;
  stop(): Promise<void>;
}

/** Starts a Prometheus with alert rules that scrapes a service at `host:port`. */
export async function startPrometheus(target: string, rules: string): Promise<Prometheus> {
  const folder = await makeTempFolder('prometheus');
  const port = await freePort();
  const configuration = join(folder.path, 'prometheus.yml');
  await writeFile(
    configuration,
    JSON.stringify({
      global: { scrape_interval: '500ms', evaluation_interval: '500ms' },
      rule_files: [rules],
      scrape_configs: [{ job_name: 'keyward', static_configs: [{ targets: [target] }] }],
    }),
  );
  const program = await startProgram(
    [
      'prometheus',
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${join(folder.path, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    port,
  );
  const ask = async (path: string, parameters: Readonly<Record<string, string>> = {}): Promise<unknown> => {
    const url = `http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`;
    const answer = (await (await fetch(url)).json()) as {
      readonly status: string;
      readonly error?: string;
      readonly data: unknown;
    };
    if (answer.status !== 'success') throw new Error(`Prometheus: ${String(answer.error)}`);
    return answer.data;
  };
  return {
    query: async (expression) => {
      const { result } = (await ask('query', { query: expression })) as {
        readonly result: readonly { metric: Record<string, string>; value: [number, string] }[];
      };
      return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    names: async () => new Set((await ask('label/__name__/values')) as string[]),
    stop: async () => {
      await program.stop();
      await folder.remove();
    },
  };
}
