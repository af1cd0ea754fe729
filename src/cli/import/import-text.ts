import type { ImportOutcome, ImportReport } from '../../api-keys/management/import/import-report';
import { printable } from '../kit/terminal-text';

/** The maximum number of line numbers in a warning. */
const MAX_LINES = 10;

/** Returns the messages about one record that are printed immediately: the reasons for a rejection, and revocations. */
export function remarksOn({ line, reasons = [], revocation, id }: ImportOutcome): readonly string[] {
  return [
    ...reasons.map((reason) => `refused: ${reason}`),
    ...(revocation === 'pending'
      ? [
          'already known, but revoked in the other system: it still works here; revoke it with --apply-revocations',
        ]
      : []),
    ...(revocation === 'applied'
      ? [`already known, and revoked in the other system: ${id ?? ''} no longer works here`]
      : []),
  ].map((remark) => printable(`line ${line}: ${remark}`));
}

/** Returns the warnings about all records. Equal warnings are combined into one, with the line numbers. */
export function warningsOf(outcomes: readonly ImportOutcome[]): readonly string[] {
  const lines = new Map<string, number[]>();
  for (const { line, outcome, warnings = [] } of outcomes) {
    for (const warning of warnings) {
      const remark = `${outcome}, but ${warning}`;
      const former = lines.get(remark);
      if (former === undefined) lines.set(remark, [line]);
      else former.push(line);
    }
  }
  return [...lines].map(([remark, numbers]) => printable(`${placeOf(numbers)}: ${remark}`));
}

/** Returns the last line of the output: the number of records with each outcome. */
export function summaryOf(report: ImportReport): string {
  const { imported, known, refused, pendingRevocations, appliedRevocations } = report;
  return [
    `${imported} imported, ${known} already known, ${refused} refused`,
    ...(pendingRevocations > 0 ? [`${pendingRevocations} revoked only in the other system`] : []),
    ...(appliedRevocations > 0 ? [`${appliedRevocations} revocations applied`] : []),
  ].join(', ');
}

function placeOf(lines: readonly number[]): string {
  if (lines.length === 1) return `line ${lines[0]}`;
  const first = lines.slice(0, MAX_LINES).join(', ');
  return `${lines.length} lines (${first}${lines.length > MAX_LINES ? ', …; all with --json' : ''})`;
}
