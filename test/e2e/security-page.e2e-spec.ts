import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** A threat of SECURITY.md, and the tests that it names. */
interface Threat {
  readonly name: string;
  readonly answer: string;
  readonly tests: readonly (readonly [file: string, title: string])[];
}

function threats(): readonly Threat[] {
  const [, list = ''] = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8').split('## Threats');
  return list
    .split(/^- \*\*/m)
    .slice(1)
    .map((item) => ({
      name: item.slice(0, item.indexOf('.** ')),
      answer: item.slice(item.indexOf('.** ') + 4, item.indexOf('\n  - ')),
      tests: [...item.matchAll(/^ {2}- `([^`]+)`: “([^”]+)”$/gm)].map(
        ([, file = '', title = '']) => [file, title] as const,
      ),
    }));
}

describe('someone who reads SECURITY.md', () => {
  it('finds for each threat what stops it, and a test by its title where it is said to be', () => {
    expect(threats().length).toBeGreaterThan(40);
    for (const { name, answer, tests } of threats()) {
      expect([name, answer.length > 10, tests.length > 0]).toEqual([name, true, true]);
      for (const [file, title] of tests) {
        const text = existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8') : '';
        const stands = ["'", '"', '`'].some((quote) => text.includes(quote + title + quote));
        expect([file, title, stands]).toEqual([file, title, true]);
      }
    }
  });

  it('is told of no test in another form, which nothing would check', () => {
    const text = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
    const named = [...text.matchAll(/`(?:src|test)\/[^`]*`/g)];
    expect(named).toHaveLength(threats().flatMap(({ tests }) => tests).length);
  });
});
