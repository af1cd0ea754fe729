import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf } from '../../mongo-server/unavailable';
import type { Keyward } from '../keyward';
import { makeTempFolder } from '../temp-folder';
import { type Archive, countStatuses, type StatusCounts } from './status-counts';

const PROGRAM_VARIABLE = 'SCHEMATHESIS';
const ENDS_WITHIN_MS = 600_000;

/** The checks that schemathesis runs on every answer. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];

export interface Persona {
  /** The body of the requests that create its keys. */
  readonly caller: Readonly<Record<string, unknown>>;
  /** The number of requests that are sent with one key. */
  readonly casesPerKey: number;
  /** The maximum number of examples for each operation in each phase of schemathesis. */
  readonly examples: number;
}

/**
 * Tests every documented operation with valid and invalid requests.
 *
 * @returns the number of answers by operation and status
 * @throws Error with the findings of schemathesis, if there are any
 */
export async function runSchemathesis(keyward: Keyward, persona: Persona): Promise<StatusCounts> {
  const folder = await makeTempFolder('schemathesis');
  const archive = join(folder.path, 'requests.har');
  await run(folder.path, keyward, persona, [
    'run',
    `${keyward.url}/docs-json`,
    '--no-color',
    '--continue-on-failure',
    `--checks=${CHECKS.join(',')}`,
    `--max-examples=${persona.examples}`,
    `--seed=${process.env['SCHEMATHESIS_SEED'] ?? '1'}`,
    '--report=har',
    `--report-har-path=${archive}`,
  ]);
  const counts = countStatuses(JSON.parse(await readFile(archive, 'utf8')) as Archive);
  await folder.remove();
  return counts;
}

async function run(
  cwd: string,
  { url, rootToken }: Keyward,
  { caller, casesPerKey }: Persona,
  args: readonly string[],
): Promise<void> {
  const program = process.env[PROGRAM_VARIABLE];
  if (program === undefined) {
    throw new Error(`${PROGRAM_VARIABLE} is not set: npm run test:integration installs it and sets it`);
  }
  const { PATH = '', HOME = '' } = process.env;
  const env = {
    PATH,
    HOME,
    PYTHONPATH: __dirname,
    PYTHONDONTWRITEBYTECODE: '1',
    SCHEMATHESIS_HOOKS: 'keyward_hooks',
    KEYWARD_URL: url,
    KEYWARD_ROOT_TOKEN: rootToken,
    KEYWARD_CALLER: JSON.stringify(caller),
    KEYWARD_CASES_PER_KEY: String(casesPerKey),
  };
  await new Promise<void>((resolve, reject) => {
    execFile(
      program,
      args,
      { cwd, env, timeout: ENDS_WITHIN_MS, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve();
        else reject(new Error(`schemathesis: ${stdout}${stderr}${textOf(error, 'signal')}`));
      },
    );
  });
}
