import type { ImportOutcome, ImportReport } from '../../api-keys/management/import/import-report';
import { printable } from '../kit/terminal-text';

/** How many line numbers a warning names. */
const MAX_LINES = 10;

/** What an operator reads of one record at once: why it was refused, and revocations. */
export function remarksOn({ line, reasons = [], revocation, id }: ImportOutcome): readonly string[] {
  return [
    ...reasons.map((reason) => `refused: ${reason}`),
    ...(revocation === 'pending'
      ? ['known, but revoked there: it still works here; stop it with --apply-revocations']
      : []),
    ...(revocation === 'applied' ? [`known, revoked there: ${id ?? ''} no longer works here`] : []),
  ].map((remark) => printable(`line ${line}: ${remark}`));
}

/** The warnings of all records, each once, with the lines that it is about. */
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

/** The last line: how many records became what. */
export function summaryOf(report: ImportReport): string {
  const { imported, known, refused, pendingRevocations, appliedRevocations } = report;
  return [
    `${imported} imported, ${known} known already, ${refused} refused`,
    ...(pendingRevocations > 0 ? [`${pendingRevocations} revoked there and not here`] : []),
    ...(appliedRevocations > 0 ? [`${appliedRevocations} revocations applied`] : []),
  ].join(', ');
}

function placeOf(lines: readonly number[]): string {
  if (lines.length === 1) return `line ${lines[0]}`;
  const first = lines.slice(0, MAX_LINES).join(', ');
  return `${lines.length} lines (${first}${lines.length > MAX_LINES ? ', …; all with --json' : ''})`;
}
