import { CommanderError } from 'commander';
import { UnreachableError } from '../../problems/configuration.error';
import { type ErrorCode, KeywardError } from '../../problems/keyward.error';
import { isProblemCode, PROBLEM_CATALOGUE } from '../../problems/problem-catalogue';
import { CliError, ExitCode } from './cli.errors';

/** The exit code and the message of a failed command. */
export interface Failure {
  readonly exitCode: ExitCode;
  /** A stable code for programs that read `--json`. */
  readonly code: string;
  /** One sentence for the operator; empty if the output is already complete. */
  readonly message: string;
}

const EXIT_CODES: Readonly<Partial<Record<ErrorCode, ExitCode>>> = {
  configuration_refused: ExitCode.Configuration,
  not_found: ExitCode.NotFound,
  storage_unavailable: ExitCode.Unavailable,
  validation_failed: ExitCode.Usage,
  invalid_cursor: ExitCode.Usage,
};

/** The error codes with which Commander reports that it has printed help or the version. */
const SAID_ALL: ReadonlySet<string> = new Set([
  'commander.help',
  'commander.helpDisplayed',
  'commander.version',
]);

/** Returns the exit code and the message for an error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) return error;
  if (error instanceof CommanderError) return usageFailure(error);
  if (error instanceof UnreachableError) {
    return { exitCode: ExitCode.Unavailable, code: 'storage_unavailable', message: error.message };
  }
  if (error instanceof KeywardError) {
    const { code } = error;
    // The error message already names what was not found.
    const title = isProblemCode(code) && code !== 'not_found' ? `${PROBLEM_CATALOGUE[code].title}. ` : '';
    return { exitCode: EXIT_CODES[code] ?? ExitCode.Failed, code, message: title + error.message };
  }
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exitCode: ExitCode.Failed, code: 'internal_error', message: shown };
}

/** Removes the values of unknown options from the message, because they may be secret. Commander repeats them. */
function usageFailure({ code, message, exitCode }: CommanderError): Failure {
  return {
    exitCode: exitCode === 0 ? ExitCode.Done : ExitCode.Usage,
    code: 'usage',
    message: SAID_ALL.has(code) ? '' : message.replace(/^error: /, '').replaceAll(/'(-[^'=]*)=.*'/gs, "'$1'"),
  };
}
