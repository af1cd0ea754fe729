import { printable } from './terminal-text';

const GAP = '  ';

/** The heading of a column, and the maximum width of its cells. */
export interface Column {
  readonly head: string;
  readonly max?: number;
}

/**
 * A text table for a terminal. Escapes control characters in cells, and shortens cells that are too long for their
 * column.
 */
export class Table {
  private widths: readonly number[] | undefined;

  constructor(private readonly columns: readonly Column[]) {}

  /** Returns the lines of these rows. The first call adds the headings, and sets the widths of the columns. */
  lines(rows: readonly (readonly string[])[]): readonly string[] {
    const cells = rows.map((row) =>
      this.columns.map(({ max }, index) => cut(printable(row[index] ?? ''), max)),
    );
    const heads = this.widths === undefined ? [this.columns.map(({ head }) => head)] : [];
    const all = [...heads, ...cells];
    this.widths ??= this.columns.map((_column, index) =>
      Math.max(...all.map((row) => lengthOf(row[index] ?? ''))),
    );
    const { widths } = this;
    return all.map((row) =>
      row
        .map((cell, index) => padded(cell, widths[index] ?? 0))
        .join(GAP)
        .trimEnd(),
    );
  }
}

function cut(text: string, max = Infinity): string {
  return lengthOf(text) <= max ? text : `${[...text].slice(0, max - 1).join('')}…`;
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - lengthOf(text)));
}

function lengthOf(text: string): number {
  return [...text].length;
}
