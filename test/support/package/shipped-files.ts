import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';

const ROOT = join(__dirname, '../../..');

/** The members of a package.json that the tests read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}

export async function readManifest(path: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(ROOT, path), 'utf8')) as Manifest;
}

/** Returns the files that `npm pack` would put into the tarball of the current build. */
export async function listShippedFiles(): Promise<{
  readonly size: number;
  readonly paths: readonly string[];
}> {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: ROOT, maxBuffer: 16_777_216 });
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, PackReport>);
  if (packed === undefined) throw new Error('npm pack lists no package');
  return { size: packed.size, paths: packed.files.map(({ path }) => path) };
}

interface PackReport {
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

/** Everything that some modules of `dist` import, directly or indirectly, in code or in types. */
export interface Reach {
  /** The paths of the modules from the project's root, without extension. */
  readonly modules: ReadonlySet<string>;
  /** The names of the packages, without Node's own modules. */
  readonly packages: ReadonlySet<string>;
}

/** Follows the imports of modules, including type imports and calls of `require`. */
export async function reachFrom(entries: readonly string[]): Promise<Reach> {
  const modules = new Set<string>();
  const packages = new Set<string>();
  const open = [...entries];
  for (let module = open.pop(); module !== undefined; module = open.pop()) {
    if (modules.has(module)) continue;
    modules.add(module);
    for (const specifier of await importsOf(module)) {
      if (specifier.startsWith('.')) {
        open.push(posix.join(dirname(module), specifier).replace(/\.js$/, ''));
      } else if (!isOfNode(specifier)) packages.add(packageOf(specifier));
    }
  }
  return { modules, packages };
}

async function importsOf(module: string): Promise<readonly string[]> {
  const texts = await Promise.all(
    ['.js', '.d.ts'].map((extension) => readFile(join(ROOT, module + extension), 'utf8')),
  );
  return texts.flatMap((text) =>
    ts
      .preProcessFile(text, true, true)
      .importedFiles.map(({ fileName }) => fileName)
      // Adding members to the types of a package does not require the package.
      .filter((name) => !text.includes(`declare module '${name}'`)),
  );
}

function isOfNode(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
