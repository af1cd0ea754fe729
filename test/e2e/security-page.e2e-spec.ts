import { readdirSync, readFileSync } from 'node:fs';
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

const listed = threats.flatMap(({ id, files }) => files.map((file) => `${id} ${file}`));

/** The ids at the end of test titles, such as T12 in square brackets, each with the file of the test. */
const tagged = ['src', 'test']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\[(T\d+)\](?=(?:\[T\d+\])*['"`])/g)].map(
      ([, id = '']) => `${id} ${file}`,
    ),
  );

describe('SECURITY.md', () => {
  it('describes a defence against each threat, with a unique id', () => {
    expect(threats.length).toBeGreaterThan(90);
    expect(new Set(threats.map(({ id }) => id)).size).toBe(threats.length);
    for (const { id, answer } of threats) expect([id, answer.length > 10]).toEqual([id, true]);
  });

  it('lists at least one test file for each threat', () => {
    for (const { id, files } of threats) expect([id, files.length > 0]).toEqual([id, true]);
  });

  it('lists exactly the files whose tests have the id of the threat', () => {
    expect(listed.toSorted()).toEqual([...new Set(tagged)].toSorted());
  });

  it('names test files only in these lists', () => {
    const named = [...text.matchAll(/`(?:src|test)\/[^`]*`/g)];
    expect(named).toHaveLength(listed.length);
  });
});
