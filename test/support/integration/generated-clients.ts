import { execFile } from 'node:child_process';
import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';

const CONFORMANCE = join(__dirname, '../../conformance');
const ENDS_WITHIN_MS = 600_000;

type Command = readonly [program: string, ...args: string[]];

/**
 * The commands that generate, compile and run a client in a language, in a folder with `openapi.json` and the runner.
 */
export interface ClientLanguage {
  /** The folder of the runner in `test/conformance`. */
  readonly folder: string;
  readonly generator: string;
  /** Prepares the folder after the runner is copied to it. */
  readonly prepare?: (folder: string) => Promise<void>;
  readonly generate: Command;
  /** Compiles the client and the runner with the strictest checks of the language. */
  readonly compile: Command;
  /** Runs the conformance cases in the JSON file whose path is appended as the last argument. */
  readonly run: Command;
}

export const CLIENT_LANGUAGES: readonly ClientLanguage[] = [
  {
    folder: 'typescript',
    generator: 'openapi-typescript',
    prepare: async (folder) => symlink(installed('CONFORMANCE_TYPESCRIPT'), join(folder, 'node_modules')),
    generate: ['node', 'node_modules/openapi-typescript/bin/cli.js', 'openapi.json', '-o', 'keyward.d.ts'],
    compile: ['node', 'node_modules/typescript/bin/tsc', '--strict', '-p', '.'],
    run: ['node', 'dist/run.js'],
  },
  {
    folder: 'python',
    generator: 'openapi-python-client',
    generate: [
      'openapi-python-client',
      'generate',
      '--path=openapi.json',
      '--meta=none',
      '--output-path=keyward_client',
      '--fail-on-warning',
    ],
    compile: ['mypy', '--strict', '--cache-dir=.mypy_cache', 'run.py', 'table.py', 'keyward_client'],
    run: ['python', 'run.py'],
  },
  {
    folder: 'go',
    generator: 'oapi-codegen',
    prepare: async (folder) => {
      await mkdir(join(folder, 'keyward'));
    },
    generate: ['go', 'tool', 'oapi-codegen', '-config', 'oapi-codegen.yaml', 'openapi.json'],
    compile: ['go', 'vet', './...'],
    run: ['go', 'run', '.'],
  },
];

/** Copies the runner of a language to the folder in which the client is generated. */
export async function copyRunner({ folder: name, prepare }: ClientLanguage, folder: string): Promise<void> {
  await cp(join(CONFORMANCE, name), folder, { recursive: true });
  await prepare?.(folder);
}

/** The exit code and the output of a command. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a command in a folder, with the tools for all languages on the PATH. */
export async function runIn(
  folder: string,
  [program, ...args]: Command,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  const ofGo = Object.entries(process.env).filter(([name]) => name.startsWith('GO'));
  const env = {
    ...Object.fromEntries(ofGo),
    PATH: `${installed('CONFORMANCE_PYTHON')}:${PATH}`,
    HOME,
    PYTHONDONTWRITEBYTECODE: '1',
    ...environment,
  };
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder, env, timeout: ENDS_WITHIN_MS }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

function installed(variable: string): string {
  const path = process.env[variable];
  if (path === undefined) {
    throw new Error(`${variable} is not set. Run the tests with npm run test:integration, which installs it`);
  }
  return path;
}
