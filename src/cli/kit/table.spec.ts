import { Table } from './table';

describe('a text table', () => {
  it('aligns its columns, without trailing spaces', () => {
    const table = new Table([{ head: 'ID' }, { head: 'NAME' }, { head: 'ORG' }]);
    expect(
      table.lines([
        ['1', 'ingest', 'acme'],
        ['22', 'x', ''],
      ]),
    ).toEqual(['ID  NAME    ORG', '1   ingest  acme', '22  x']);
  });

  it('prints the headings once, and keeps the column widths of the first call', () => {
    const table = new Table([{ head: 'ID' }, { head: 'ORG' }]);
    expect(table.lines([['333', 'acme']])).toEqual(['ID   ORG', '333  acme']);
    expect(table.lines([['1', 'globex']])).toEqual(['1    globex']);
  });

  it('escapes control characters, and then shortens cells that are too long', () => {
    const table = new Table([{ head: 'NAME', max: 4 }, { head: 'ORG' }]);
    expect(table.lines([['🗝🗝🗝🗝🗝', 'acme']])[1]).toBe('🗝🗝🗝…  acme');
    expect(table.lines([['\u001b[2J', 'globex']])[0]).toBe('\\u0…  globex');
  });
});
