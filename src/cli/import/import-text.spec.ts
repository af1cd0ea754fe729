import type { ImportOutcome } from '../../api-keys/management/import/import-report';
import { warningsOf } from './import-text';

const warned = (count: number, warning: string): readonly ImportOutcome[] =>
  Array.from({ length: count }, (_, index) => ({
    line: index + 1,
    outcome: 'imported',
    warnings: [warning],
  }));

describe('the warnings of an import', () => {
  it('name the line of the record', () => {
    expect(warningsOf([...warned(1, 'a'), ...warned(1, 'b')])).toEqual([
      'line 1: imported, but a',
      'line 1: imported, but b',
    ]);
  });

  it('combine equal warnings, with the number of lines and the first line numbers', () => {
    expect(warningsOf(warned(3, 'a'))).toEqual(['3 lines (1, 2, 3): imported, but a']);
    expect(warningsOf(warned(5000, 'left out: last_used'))).toEqual([
      '5000 lines (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …; all with --json): imported, but left out: last_used',
    ]);
  });

  it('distinguish imported keys from already known ones', () => {
    const known: ImportOutcome = { line: 2, outcome: 'known', warnings: ['a'] };
    expect(warningsOf([...warned(1, 'a'), known])).toEqual([
      'line 1: imported, but a',
      'line 2: known, but a',
    ]);
  });

  it('escape control characters', () => {
    expect(warningsOf(warned(1, 'left out: \u001b[2J'))).toEqual([
      'line 1: imported, but left out: \\u001b[2J',
    ]);
  });
});
