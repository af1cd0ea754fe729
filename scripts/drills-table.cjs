const { existsSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const COLUMNS = [
  ['drill', ({ drill }) => drill],
  ['outage', ({ outageMs }) => seconds(outageMs)],
  ['requests', ({ requests }) => String(requests)],
  ['refused', ({ refused }) => counted(refused)],
  ['slowest refusal', ({ slowestRefusalMs }) => seconds(slowestRefusalMs)],
  ['wrong admissions', ({ wrongAdmissions }) => String(wrongAdmissions)],
  ['writes acknowledged', ({ acknowledgedWrites }) => String(acknowledgedWrites)],
  ['not', ({ unacknowledgedWrites }) => String(unacknowledgedWrites)],
  ['lost', ({ lostWrites }) => String(lostWrites)],
  ['recovered after', ({ recoveryMs }) => seconds(recoveryMs)],
];

/** A Jest reporter that prints the measurements of the fault drills in a run. */
module.exports = class DrillsTable {
  onRunStart() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'keyward-drills-'));
    // The worker processes inherit it.
    process.env.KEYWARD_DRILLS_FILE = path.join(this.folder, 'figures');
  }

  onRunComplete() {
    const file = process.env.KEYWARD_DRILLS_FILE;
    if (existsSync(file)) print(readFileSync(file, 'utf8').trim().split('\n').map(parsed));
    rmSync(this.folder, { recursive: true, force: true });
  }
};

function parsed(line) {
  return JSON.parse(line);
}

function print(drills) {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...drills.map((drill) => COLUMNS.map(([, of]) => of(drill))),
  ];
  const widths = COLUMNS.map((_column, at) => Math.max(...rows.map((row) => row[at].length)));
  const [head, ...body] = rows.map(
    (row) => `| ${row.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`,
  );
  const line = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  process.stdout.write(`\n${[head, line, ...body].join('\n')}\n\n`);
}

function seconds(ms) {
  return ms === 0 ? '-' : `${(ms / 1000).toFixed(2)} s`;
}

function counted(refused) {
  const parts = Object.entries(refused).map(([code, count]) => `${count} × ${code}`);
  return parts.length === 0 ? '-' : parts.join(', ');
}
