import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { type NodeProcess, runNode } from '../node-process';

const ROOT = join(__dirname, '../../..');
const run = promisify(execFile);

/** The npm options for a new application. They prefer npm's cache over the registry. */
const NPM = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };

/** The exit code and the output of a command. */
export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** A Nest application in a folder outside the project. */
export class NestApplication {
  private constructor(readonly folder: string) {}

  /** Creates a folder with a package.json and the tarball, without installing anything. */
  static async create(
    folder: string,
    tarball: string,
    dependencies: Readonly<Record<string, string>>,
    type: 'commonjs' | 'module' = 'commonjs',
  ): Promise<NestApplication> {
    await mkdir(folder);
    const manifest = { name: 'application', version: '1.0.0', private: true, type, dependencies };
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
    await cp(tarball, join(folder, basename(tarball)));
    return new NestApplication(folder);
  }

  /** Copies the application with its installed packages. */
  async copiedTo(folder: string): Promise<NestApplication> {
    await cp(this.folder, folder, { recursive: true, verbatimSymlinks: true });
    return new NestApplication(folder);
  }

  /** Runs shell commands in the folder, with only PATH, HOME and the given environment variables. */
  async sh(commands: string, environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, ...NPM, ...environment };
    try {
      const { stdout, stderr } = await run('sh', ['-eu', '-c', commands], { cwd: this.folder, env });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as Ran & { readonly stdout: string; readonly stderr: string };
      return { code, output: stdout + stderr };
    }
  }

  /** Adds a source file. */
  async write(path: string, code: string): Promise<void> {
    const file = join(this.folder, 'src', path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, code);
  }

  /**
   * Compiles all sources strictly, and checks the types of every package as well.
   *
   * @returns the errors in the sources and in Keyward's package, but not those in other packages
   */
  async compile(): Promise<readonly string[]> {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      strict: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      skipLibCheck: false,
      types: ['node'],
      rootDir: 'src',
      outDir: 'dist',
    };
    await writeFile(
      join(this.folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['src'] }),
    );
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { output } = await this.sh(`"${process.execPath}" "${compiler}" -p . --pretty false`);
    return output.split('\n').filter((line) => /^(?:src|node_modules\/keyward)\/|^error /.test(line));
  }

  /** Runs a compiled file with Node, or with its test runner if the name ends with `.test.js`. */
  start(path: string, environment: Readonly<Record<string, string>>): NodeProcess {
    return runNode(
      [...(path.endsWith('.test.js') ? ['--test'] : []), join('dist', path)],
      environment,
      this.folder,
    );
  }

  /** Returns the version of an installed package. */
  async versionOf(name: string): Promise<string> {
    const text = await readFile(join(this.folder, 'node_modules', name, 'package.json'), 'utf8');
    return (JSON.parse(text) as { readonly version: string }).version;
  }

  /** Returns the names of the packages that were installed at the top level. */
  async packages(): Promise<readonly string[]> {
    const top = await readdir(join(this.folder, 'node_modules'));
    const scoped = top.filter((name) => name.startsWith('@'));
    const inScopes = await Promise.all(
      scoped.map(async (scope) =>
        (await readdir(join(this.folder, 'node_modules', scope))).map((name) => `${scope}/${name}`),
      ),
    );
    return [...top, ...inScopes.flat()];
  }
}
