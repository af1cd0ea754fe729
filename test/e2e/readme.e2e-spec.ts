import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { runNode } from '../support/node-process';

const ROOT = join(__dirname, '../..');

function blockAfter(page: string, mark: string): string {
  const [, after = ''] = page.split(`<!-- ${mark}: run by `);
  const [, block] = after.split(/```sh\n|```/);
  if (block === undefined) throw new Error(`no commands for ${mark}`);
  return block;
}

describe('a new user who follows the README', () => {
  it('goes through the life of a key with the commands as they stand', async () => {
    const page = await readFile(join(ROOT, 'docs/guides/first-steps.md'), 'utf8');
    const block = blockAfter(page, 'quick start') + blockAfter(page, 'verify');
    const service = runNode(['scripts/start.mjs'], { PORT: '0' });
    const [, root = ''] = await service.waitFor(/root key: (\S+)/);
    const [, url = ''] = await service.waitFor(/listening on (\S+)/);
    const commands = block
      .replace(/^export KEYWARD=.*$/m, `export KEYWARD=${url}`)
      .replace(/^export ROOT=.*$/m, `export ROOT=${root}`);
    expect(commands).not.toContain('…');

    const folder = await mkdtemp(join(tmpdir(), 'keyward-readme-'));
    const { stdout } = await promisify(execFile)('sh', ['-eu', '-c', commands], { cwd: folder });
    await rm(folder, { recursive: true });
    await service.stop();

    const statuses = [...stdout.matchAll(/(?<=^HTTP\/1\.1 )\d{3}|(?<=^|\})\d{3}$/gm)].map(String);
    expect(statuses).toEqual(['200', '403', '204', '401']);
    expect(stdout).toMatch(/^www-authenticate: .*scope="api-keys:write"/im);
    expect(stdout).toContain('"code":"VALID"');
    expect(stdout).toContain('"active":true');
  });

  it('is told where Swagger UI is', async () => {
    const service = runNode(['scripts/start.mjs'], { PORT: '0' });
    const [, docs = ''] = await service.waitFor(/try it at (\S+)/);
    expect((await fetch(docs)).status).toBe(200);
    await service.stop();
  });
});

describe('a Nest team that reads the table of options', () => {
  it('finds each option of the module in it, and none that is not', async () => {
    const file = join(ROOT, 'src/api-keys/access/module-settings.ts');
    const program = ts.createProgram([file], { module: ts.ModuleKind.NodeNext });
    const checker = program.getTypeChecker();
    const options = program
      .getSourceFile(file)
      ?.statements.find(
        (statement) => ts.isTypeAliasDeclaration(statement) && statement.name.text === 'ApiKeysModuleOptions',
      );
    if (options === undefined) throw new Error('the options of the module are gone');
    // A group has no name of its own, or is that of the guard; its options are in the table, not the group.
    const known = checker
      .getTypeAtLocation(options)
      .getProperties()
      .flatMap((option) => {
        const type = checker.getNonNullableType(checker.getTypeOfSymbol(option));
        const group = (type.isUnion() ? type.types : [type]).find(
          ({ symbol }) => symbol?.name === '__type' || symbol?.name === 'GuardSettings',
        );
        if (group === undefined) return [option.name];
        const members = checker.getPropertiesOfType(group).map(({ name }) => `${option.name}.${name}`);
        return type.isUnion() ? members.concat(option.name) : members;
      });

    const [, after = ''] = (await readFile(join(ROOT, 'docs/module.md'), 'utf8')).split('<!-- options: ');
    const [table = ''] = after.split(/\n\n(?!\|)/);
    const shown = [...table.matchAll(/^\| `([\w.]+)` /gm)].map(([, name]) => name);
    expect(known.length).toBeGreaterThan(20);
    expect(new Set(shown)).toEqual(new Set(known));
    expect(shown).toHaveLength(known.length);
  });
});
