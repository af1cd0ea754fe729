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

describe('a new user', () => {
  it('gets the documented answers from the commands of first-steps.md', async () => {
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

  it('sees the address of Swagger UI when the service starts', async () => {
    const service = runNode(['scripts/start.mjs'], { PORT: '0' });
    const [, docs = ''] = await service.waitFor(/try it at (\S+)/);
    expect((await fetch(docs)).status).toBe(200);
    await service.stop();
  });
});

describe('the options table of docs/module.md', () => {
  it('lists exactly the options of the module', async () => {
    const file = join(ROOT, 'src/api-keys/access/module-settings.ts');
    const program = ts.createProgram([file], { module: ts.ModuleKind.NodeNext });
    const checker = program.getTypeChecker();
    const options = program
      .getSourceFile(file)
      ?.statements.find(
        (statement) => ts.isTypeAliasDeclaration(statement) && statement.name.text === 'ApiKeysModuleOptions',
      );
    if (options === undefined) throw new Error('ApiKeysModuleOptions was not found');
    // The table lists the options of a group, not the group. The type of a group is anonymous or GuardSettings.
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
