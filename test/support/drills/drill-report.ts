import { appendFileSync } from 'node:fs';
import type { SteadyLoad } from './steady-load';

/** What a drill has seen, for the table at the end of the run. */
export interface DrillFigures {
  readonly drill: string;
  readonly outageMs: number;
  /** Decisions asked for. */
  readonly requests: number;
  readonly wrongAdmissions: number;
  /** What was refused because something was away, by status and code. */
  readonly refused: Readonly<Record<string, number>>;
  /** While the fault was steady; who asks just before its end may wait for that. */
  readonly slowestRefusalMs: number;
  readonly acknowledgedWrites: number;
  /** Refused, or left without an answer: made wholly or not at all. */
  readonly unacknowledgedWrites: number;
  readonly lostWrites: number;
  /** From the cure, or from the crash, to the first good answer. */
  readonly recoveryMs: number;
}

/** Hands figures to scripts/drills-table.cjs, which prints them when all drills are over. */
export function reportDrill(figures: DrillFigures): void {
  const file = process.env['KEYWARD_DRILLS_FILE'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figures)}\n`);
}

/** The figures that a load brings. */
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
