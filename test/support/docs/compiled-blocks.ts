import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { type MarkdownBlock, nameOf } from './markdown-blocks';

const ROOT = join(__dirname, '../../..');

/** The two kinds of application that `nest new` creates, with its template for each. */
const TEMPLATES = { commonjs: 'ts', module: 'ts-esm' } as const;

/** The value of `type` in the manifest of an application. */
export type ModuleType = keyof typeof TEMPLATES;

/** Programs of the documentation, compiled in a folder of their own. */
export interface CompiledBlocks {
  /** Contains the folder `app`, and resolves the packages of this tree. */
  readonly folder: string;
  /** Returns the folder with the programs of a page. */
  folderOf(page: string): string;
  remove(): Promise<void>;
}

/**
 * Compiles programs against the build, with the compiler options of `nest new`.
 *
 * @throws Error with the findings of the compiler
 */
export async function compileBlocks(
  blocks: readonly MarkdownBlock[],
  type: ModuleType,
): Promise<CompiledBlocks> {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-guides-'));
  const folderOf = (page: string): string => join(folder, 'app', basename(page, '.md'));
  await mkdir(join(folder, 'app/node_modules'), { recursive: true });
  await symlink(ROOT, join(folder, 'app/node_modules/keyward'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const block of blocks) {
    await mkdir(folderOf(block.page), { recursive: true });
    await writeFile(join(folderOf(block.page), nameOf(block)), block.code);
  }
  const compilerOptions = await starterOptions(TEMPLATES[type]);
  await writeFile(join(folder, 'app/tsconfig.json'), JSON.stringify({ compilerOptions }));
  await writeFile(join(folder, 'app/package.json'), JSON.stringify({ type }));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [compiler, '-p', 'app'], { cwd: folder }).catch(
    (error: unknown) => {
      throw new Error((error as { readonly stdout: string }).stdout, { cause: error });
    },
  );
  return { folder, folderOf, remove: async () => rm(folder, { recursive: true, force: true }) };
}

/** Returns the compiler options that `nest new` writes for one of its two kinds of application. */
async function starterOptions(template: string): Promise<object> {
  const files = join(ROOT, 'node_modules/@nestjs/schematics/dist/lib/application/files');
  const text = (await readFile(join(files, template, 'tsconfig.json'), 'utf8')).replace(
    '<%= strict %>',
    'true',
  );
  const { compilerOptions } = JSON.parse(text) as { readonly compilerOptions: object };
  return { ...compilerOptions, types: ['node'], outDir: undefined, declaration: false, sourceMap: false };
}
