import { cpus, loadavg } from 'node:os';
import type { Estimate } from './statistics';

/** The minimum and the maximum that a figure must meet. */
export interface Target {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** Prints the machine, the time and the current load. */
export function printMachine(): void {
  const [cpu] = cpus();
  print(
    `${cpu?.model ?? 'unknown CPU'}, ${cpus().length} cores; Node ${process.version}; ${new Date().toISOString()}; ` +
      `load ${loadavg()
        .map((load) => load.toFixed(1))
        .join(' ')}`,
  );
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a Markdown table for the documentation. */
export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const texts = [head, ...rows].map((row) => row.map(textOf));
  const widths = head.map((_title, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], fill = ' '): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, fill)).join(' | ')} |`;
  const [titles = [], ...body] = texts;
  print(line(titles));
  print(line([], '-'));
  for (const row of body) print(line(row));
  print();
}

/** Prints whether a figure meets its target. For an estimate, the median decides. */
export function claim(what: string, measured: Estimate | number, target: Target): void {
  const figure = typeof measured === 'number' ? measured : measured.median;
  const interval = typeof measured === 'number' ? '' : ` [${textOf(measured.low)} ${textOf(measured.high)}]`;
  const isMet = figure <= (target.atMost ?? Infinity) && figure >= (target.atLeast ?? -Infinity);
  const wanted = [
    target.atLeast === undefined ? [] : `at least ${target.atLeast}`,
    target.atMost === undefined ? [] : `at most ${target.atMost}`,
  ].flat();
  print(
    `claim: ${what} ${wanted.join(' and ')}; measured ${textOf(figure)}${interval}; ${isMet ? 'met' : 'NOT MET'}`,
  );
}

/** Formats a figure with three significant digits. */
function textOf(value: string | number): string {
  if (typeof value === 'string') return value;
  return Number.isInteger(value) || Math.abs(value) >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}

/** Formats a median and its interval for a table. */
export function intervalOf({ median, low, high }: Estimate): string {
  return `${median.toFixed(3)} [${low.toFixed(3)} ${high.toFixed(3)}]`;
}
