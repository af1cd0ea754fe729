import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** A threat of SECURITY.md, such as T12, and the files of tests that it lists. */
interface Threat {
  readonly id: string;
  readonly answer: string;
  readonly files: readonly string[];
}

const text = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');

const threats: readonly Threat[] = text
  .split(/^- \*\*(?=T\d+\. )/m)
  .slice(1)
  .map((item) => {
    const [statement = '', tests = ''] = item.split(/^ {2}Tests: /m);
    return {
      id: /^T\d+/.exec(statement)?.[0] ?? '',
      answer: statement.split('.** ')[1] ?? '',
      files: [...tests.matchAll(/`((?:src|test)\/[^`]+)`/g)].map(([, file = '']) => file),
    };
  });

/** The ids at the end of test titles: T12 in square brackets. */
function taggedWith(file: string): ReadonlySet<string> {
  const source = existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8') : '';
  return new Set([...source.matchAll(/\[(T\d+)\](?=(?:\[T\d+\])*['"`])/g)].map(([, id = '']) => id));
}

describe('SECURITY.md', () => {
  it('says what stops each threat, under an id of its own', () => {
    expect(threats.length).toBeGreaterThan(90);
    expect(new Set(threats.map(({ id }) => id)).size).toBe(threats.length);
    for (const { id, answer } of threats) expect([id, answer.length > 10]).toEqual([id, true]);
  });

  it('lists for each threat at least one file, and each file has a test with the id of the threat', () => {
    for (const { id, files } of threats) {
      expect([id, files.length > 0]).toEqual([id, true]);
      for (const file of files) expect([id, file, taggedWith(file).has(id)]).toEqual([id, file, true]);
    }
  });

  it('lists every file whose tests have the id of a threat', () => {
    const listed = new Set(threats.flatMap(({ id, files }) => files.map((file) => `${id} ${file}`)));
    const tagged = ['src', 'test']
      .flatMap((folder) =>
        readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((f) => join(folder, f)),
      )
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [...taggedWith(file)].map((id) => `${id} ${file}`));
    expect(tagged.filter((pair) => !listed.has(pair))).toEqual([]);
  });

  it('names test files in no other form', () => {
    const named = [...text.matchAll(/`(?:src|test)\/[^`]*`/g)];
    expect(named).toHaveLength(threats.flatMap(({ files }) => files).length);
  });
});
