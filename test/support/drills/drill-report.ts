import { appendFileSync } from 'node:fs';
import type { SteadyLoad } from './steady-load';

/** The results of a drill, for the table at the end of the run. */
export interface DrillFigures {
  readonly drill: string;
  readonly outageMs: number;
  /** Number of requested decisions. */
  readonly requests: number;
  readonly wrongAdmissions: number;
  /** Answers that reported an outage, by status and code. */
  readonly refused: Readonly<Record<string, number>>;
  /** The slowest answer during the fault. Requests shortly before the end of the fault are not measured. */
  readonly slowestRefusalMs: number;
  readonly acknowledgedWrites: number;
  /** Number of rejected or unanswered writes. Each of them was applied completely or not at all. */
  readonly unacknowledgedWrites: number;
  readonly lostWrites: number;
  /** Time from the end of the fault, or from the crash, until the service works again. */
  readonly recoveryMs: number;
}

/** Writes the results to a file. After all drills, scripts/drills-table.cjs prints them as a table. */
export function reportDrill(figures: DrillFigures): void {
  const file = process.env['KEYWARD_DRILLS_FILE'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figures)}\n`);
}

/** Returns the results of one or more loads, added up. */
export function figuresOf(
  ...loads: readonly SteadyLoad[]
): Pick<DrillFigures, 'requests' | 'wrongAdmissions' | 'refused'> {
  const refused: Record<string, number> = {};
  for (const [code, count] of loads.flatMap(({ refusals }) => [...refusals])) {
    refused[code] = (refused[code] ?? 0) + count;
  }
  return {
    requests: loads.reduce((sum, { answers }) => sum + answers.length, 0),
    wrongAdmissions: loads.reduce((sum, { wrongAdmissions }) => sum + wrongAdmissions, 0),
    refused,
  };
}
